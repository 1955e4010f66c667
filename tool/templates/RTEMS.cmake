# What CMake asks of the system RTEMS, for projects that have no such module themselves.
set(RTEMS TRUE)
set(UNIX TRUE)
set(CMAKE_EXECUTABLE_SUFFIX ".exe")
set_property(GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS FALSE)
