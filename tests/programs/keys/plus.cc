// The part in C++: its standard is another key's.
extern "C" long plus_standard()
{
    return __cplusplus;
}

extern "C" int plus_defined()
{
    return RATE;
}
