/* Signals that a program raises itself. A fault of the processor is the health monitor's and becomes none. */
#ifndef BULKHEAD_CLASSIC_SIGNAL_H
#define BULKHEAD_CLASSIC_SIGNAL_H

#ifdef __cplusplus
extern "C" {
#endif

typedef int sig_atomic_t;
typedef void (*bulkhead_classic_signal_handler)(int signal);

#define SIG_DFL ((bulkhead_classic_signal_handler) 0)
#define SIG_IGN ((bulkhead_classic_signal_handler) 1)
#define SIG_ERR ((bulkhead_classic_signal_handler) -1)

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGFPE 8
#define SIGKILL 9
#define SIGBUS 10
#define SIGSEGV 11
#define SIGSYS 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGUSR1 30
#define SIGUSR2 31

bulkhead_classic_signal_handler signal(int signal, bulkhead_classic_signal_handler handler);
int raise(int signal);

#ifdef __cplusplus
}
#endif

#endif
