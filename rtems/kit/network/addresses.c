/* Addresses of a network as text, and the partition's name as a host's, for programs linked with -lnetworking. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rtems/seterr.h>

#include <bulkhead.h>

const char *inet_ntop(int family, const void *source, char *text, socklen_t size)
{
    const unsigned char *bytes = source;
    char shown[INET_ADDRSTRLEN];

    if (family != AF_INET) {
        errno = EAFNOSUPPORT;
        return NULL;
    }
    snprintf(shown, sizeof(shown), "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    if (strlen(shown) >= size) {
        errno = ENOSPC;
        return NULL;
    }
    return strcpy(text, shown);
}

int inet_pton(int family, const char *text, void *destination)
{
    unsigned char *bytes = destination;
    unsigned parts[4];
    char behind;

    if (family != AF_INET)
        rtems_set_errno_and_return_minus_one(EAFNOSUPPORT);
    if (sscanf(text, "%3u.%3u.%3u.%3u%c", &parts[0], &parts[1], &parts[2], &parts[3], &behind) != 4)
        return 0;
    for (int part = 0; part < 4; ++part) {
        if (parts[part] > 255)
            return 0;
        bytes[part] = (unsigned char)parts[part];
    }
    return 1;
}

int gethostname(char *name, size_t size)
{
    snprintf(name, size, "%s", bulkhead_partition_name());
    return 0;
}

/* The partition's number. */
long gethostid(void)
{
    struct bulkhead_partition_status status;

    bulkhead_partition_status(&status);
    return (long)status.identifier;
}
