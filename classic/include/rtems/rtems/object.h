/* Identifiers and names of objects. */
#ifndef BULKHEAD_CLASSIC_RTEMS_RTEMS_OBJECT_H
#define BULKHEAD_CLASSIC_RTEMS_RTEMS_OBJECT_H

#include <rtems/rtems/status.h>
#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RTEMS_SEARCH_ALL_NODES 0
#define RTEMS_SEARCH_OTHER_NODES 0x7ffffffe
#define RTEMS_SEARCH_LOCAL_NODE 0x7fffffff
#define RTEMS_WHO_AM_I 0
#define RTEMS_OBJECT_ID_FINAL ((rtems_id) ~0)

#define rtems_build_name(_c1, _c2, _c3, _c4) \
    ((rtems_name) ((uint32_t) (uint8_t) (_c1) << 24 | (uint32_t) (uint8_t) (_c2) << 16 \
        | (uint32_t) (uint8_t) (_c3) << 8 | (uint32_t) (uint8_t) (_c4)))
#define rtems_build_id(_api, _class, _node, _index) \
    ((rtems_id) ((rtems_id) (_class) << 27 | (rtems_id) (_api) << 24 | (rtems_id) (_node) << 16 | (rtems_id) (_index)))
#define rtems_object_id_get_api(_id) ((int) ((_id) >> 24 & 0x7))
#define rtems_object_id_get_class(_id) ((int) ((_id) >> 27 & 0x1f))
#define rtems_object_id_get_node(_id) ((int) ((_id) >> 16 & 0xff))
#define rtems_object_id_get_index(_id) ((int) ((_id) & 0xffff))

rtems_status_code rtems_object_get_classic_name(rtems_id id, rtems_name *name);
char *rtems_object_get_name(rtems_id id, size_t length, char *name);

#ifdef __cplusplus
}
#endif

#endif
