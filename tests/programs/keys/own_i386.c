/* For i386 alone. */
const char *own_processor(void)
{
    return "i386";
}
