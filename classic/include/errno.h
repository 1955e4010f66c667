/* The last error of the executing task, with the numbers of RTEMS's C library. */
#ifndef BULKHEAD_CLASSIC_ERRNO_H
#define BULKHEAD_CLASSIC_ERRNO_H

#ifdef __cplusplus
extern "C" {
#endif

int *__errno(void);

#define errno (*__errno())

#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define EINTR 4
#define EIO 5
#define ENXIO 6
#define E2BIG 7
#define EBADF 9
#define ECHILD 10
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define EXDEV 18
#define ENODEV 19
#define ENOTDIR 20
#define EISDIR 21
#define EINVAL 22
#define ENFILE 23
#define EMFILE 24
#define ENOTTY 25
#define EFBIG 27
#define ENOSPC 28
#define ESPIPE 29
#define EROFS 30
#define EMLINK 31
#define EPIPE 32
#define EDOM 33
#define ERANGE 34
#define ENOMSG 35
#define EDEADLK 45
#define ENOLCK 46
#define EPROTO 71
#define EBADMSG 77
#define ENOSYS 88
#define ENOTEMPTY 90
#define ENAMETOOLONG 91
#define ELOOP 92
#define EOPNOTSUPP 95
#define EADDRINUSE 112
#define ETIMEDOUT 116
#define EINPROGRESS 119
#define EMSGSIZE 122
#define ENOTSUP 134
#define EILSEQ 138
#define EOVERFLOW 139
#define ECANCELED 140
#define EWOULDBLOCK EAGAIN

#ifdef __cplusplus
}
#endif

#endif
