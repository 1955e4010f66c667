/* For SPARC alone. */
const char *own_processor(void)
{
    return "sparc";
}
