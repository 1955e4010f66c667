/*
 * What drivers of a LEON's cores find on their bus: the devices that the partition owns, as the program names them.
 *
 * RTEMS's own board reads the bus's Plug & Play area, which tells of every core there is. A partition has none: the
 * system file says which devices are its own, and the program which cores they are. In one source:
 *
 *     #include <bulkhead/amba.h>
 *
 *     const struct bulkhead_amba_core bulkhead_amba_cores[] = {
 *         {"can0", DEV_AHB_SLV, VENDOR_GAISLER, GAISLER_CANAHB},
 *         {NULL},
 *     };
 *
 * Then ambapp_plb() is a bus with these cores, each where the partition sees the device's memory, and with the number
 * of its first interrupt at the controller.
 */
#ifndef BULKHEAD_AMBA_H
#define BULKHEAD_AMBA_H

#include <stddef.h>
#include <stdint.h>

#include <grlib/ambapp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most cores that there can be. */
#define BULKHEAD_AMBA_CORES_MAX 16

struct bulkhead_amba_core {
    const char *device; /* as the system file calls it; NULL behind the last */
    uint8_t type;       /* DEV_APB_SLV or DEV_AHB_SLV, in which of the two the driver looks for its addresses */
    uint8_t vendor;     /* of grlib/ambapp_ids.h */
    uint16_t id;        /* the same */
};

/* The cores; a program that has no such table has none. */
extern const struct bulkhead_amba_core bulkhead_amba_cores[];

/* How fast the bus is, in Hz, for drivers that ask (ambapp_freq_get()); 0, not known, if the program does not say. */
extern const uint32_t bulkhead_amba_frequency;

#ifdef __cplusplus
}
#endif

#endif
