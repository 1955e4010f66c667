/* The member of a library that a partition is linked with. */
int library_value(void)
{
    return 21;
}
