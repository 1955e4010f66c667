/* In a folder that the system file names. */
#define HEADER 7
