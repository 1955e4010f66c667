/* Mathematics. Errors are told by errno. */
#ifndef BULKHEAD_CLASSIC_MATH_H
#define BULKHEAD_CLASSIC_MATH_H

#define HUGE_VAL __builtin_huge_val()
#define HUGE_VALF __builtin_huge_valf()
#define HUGE_VALL __builtin_huge_vall()
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")

#define M_E 2.7182818284590452354
#define M_LOG2E 1.4426950408889634074
#define M_LOG10E 0.43429448190325182765
#define M_LN2 0.69314718055994530942
#define M_LN10 2.30258509299404568402
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_1_PI 0.31830988618379067154
#define M_2_PI 0.63661977236758134308
#define M_2_SQRTPI 1.12837916709551257390
#define M_SQRT2 1.41421356237309504880
#define M_SQRT1_2 0.70710678118654752440

#define FP_NAN 0
#define FP_INFINITE 1
#define FP_ZERO 2
#define FP_SUBNORMAL 3
#define FP_NORMAL 4
#define FP_ILOGB0 (-0x7fffffff - 1)
#define FP_ILOGBNAN FP_ILOGB0

#define MATH_ERRNO 1
#define MATH_ERREXCEPT 2
#define math_errhandling MATH_ERRNO

#define fpclassify(_x) __builtin_fpclassify(FP_NAN, FP_INFINITE, FP_NORMAL, FP_SUBNORMAL, FP_ZERO, _x)
#define isfinite(_x) __builtin_isfinite(_x)
#define isinf(_x) __builtin_isinf(_x)
#define isnan(_x) __builtin_isnan(_x)
#define isnormal(_x) __builtin_isnormal(_x)
#define signbit(_x) (__builtin_signbit(_x) != 0)
#define isgreater(_x, _y) __builtin_isgreater(_x, _y)
#define isgreaterequal(_x, _y) __builtin_isgreaterequal(_x, _y)
#define isless(_x, _y) __builtin_isless(_x, _y)
#define islessequal(_x, _y) __builtin_islessequal(_x, _y)
#define islessgreater(_x, _y) __builtin_islessgreater(_x, _y)
#define isunordered(_x, _y) __builtin_isunordered(_x, _y)

#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ == 2
typedef long double float_t;
typedef long double double_t;
#else
typedef float float_t;
typedef double double_t;
#endif

#ifdef __cplusplus
extern "C" {
#endif

double acos(double x);
float acosf(float x);
double acosh(double x);
float acoshf(float x);
double asin(double x);
float asinf(float x);
double asinh(double x);
float asinhf(float x);
double atan(double x);
float atanf(float x);
double atanh(double x);
float atanhf(float x);
double cbrt(double x);
float cbrtf(float x);
double ceil(double x);
float ceilf(float x);
double cos(double x);
float cosf(float x);
double cosh(double x);
float coshf(float x);
double erf(double x);
float erff(float x);
double erfc(double x);
float erfcf(float x);
double exp(double x);
float expf(float x);
double exp10(double x);
float exp10f(float x);
double exp2(double x);
float exp2f(float x);
double expm1(double x);
float expm1f(float x);
double fabs(double x);
float fabsf(float x);
double floor(double x);
float floorf(float x);
double lgamma(double x);
float lgammaf(float x);
double log(double x);
float logf(float x);
double log10(double x);
float log10f(float x);
double log1p(double x);
float log1pf(float x);
double log2(double x);
float log2f(float x);
double logb(double x);
float logbf(float x);
double nearbyint(double x);
float nearbyintf(float x);
double rint(double x);
float rintf(float x);
double round(double x);
float roundf(float x);
double roundeven(double x);
float roundevenf(float x);
double sin(double x);
float sinf(float x);
double sinh(double x);
float sinhf(float x);
double sqrt(double x);
float sqrtf(float x);
double tan(double x);
float tanf(float x);
double tanh(double x);
float tanhf(float x);
double tgamma(double x);
float tgammaf(float x);
double trunc(double x);
float truncf(float x);
double atan2(double x, double y);
float atan2f(float x, float y);
double copysign(double x, double y);
float copysignf(float x, float y);
double fdim(double x, double y);
float fdimf(float x, float y);
double fmax(double x, double y);
float fmaxf(float x, float y);
double fmin(double x, double y);
float fminf(float x, float y);
double fmod(double x, double y);
float fmodf(float x, float y);
double hypot(double x, double y);
float hypotf(float x, float y);
double nextafter(double x, double y);
float nextafterf(float x, float y);
double pow(double x, double y);
float powf(float x, float y);
double remainder(double x, double y);
float remainderf(float x, float y);
double fma(double x, double y, double z);
float fmaf(float x, float y, float z);
double frexp(double x, int *exponent);
float frexpf(float x, int *exponent);
double ldexp(double x, int exponent);
float ldexpf(float x, int exponent);
double scalbn(double x, int exponent);
float scalbnf(float x, int exponent);
double scalbln(double x, long exponent);
float scalblnf(float x, long exponent);
double modf(double x, double *whole);
float modff(float x, float *whole);
double remquo(double x, double y, int *quotient);
float remquof(float x, float y, int *quotient);
int ilogb(double x);
int ilogbf(float x);
long lrint(double x);
long lrintf(float x);
long long llrint(double x);
long long llrintf(float x);
long lround(double x);
long lroundf(float x);
long long llround(double x);
long long llroundf(float x);
double nan(const char *text);
float nanf(const char *text);
double j0(double x);
double j1(double x);
double jn(int order, double x);
double y0(double x);
double y1(double x);
double yn(int order, double x);

/* Those of long double compute with the nearest double. */
#define BULKHEAD_CLASSIC_LONG_DOUBLE_1(_name) \
    static inline long double _name##l(long double x) \
    { \
        return _name((double) x); \
    }

BULKHEAD_CLASSIC_LONG_DOUBLE_1(acos)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(acosh)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(asin)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(asinh)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(atan)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(atanh)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(cbrt)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(ceil)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(cos)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(cosh)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(erf)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(erfc)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(exp)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(exp10)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(exp2)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(expm1)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(floor)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(lgamma)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(log)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(log10)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(log1p)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(log2)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(logb)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(nearbyint)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(rint)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(round)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(roundeven)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(sin)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(sinh)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(sqrt)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(tan)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(tanh)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(tgamma)
BULKHEAD_CLASSIC_LONG_DOUBLE_1(trunc)

#define BULKHEAD_CLASSIC_LONG_DOUBLE_2(_name) \
    static inline long double _name##l(long double x, long double y) \
    { \
        return _name((double) x, (double) y); \
    }

BULKHEAD_CLASSIC_LONG_DOUBLE_2(atan2)
BULKHEAD_CLASSIC_LONG_DOUBLE_2(fdim)
BULKHEAD_CLASSIC_LONG_DOUBLE_2(fmax)
BULKHEAD_CLASSIC_LONG_DOUBLE_2(fmin)
BULKHEAD_CLASSIC_LONG_DOUBLE_2(fmod)
BULKHEAD_CLASSIC_LONG_DOUBLE_2(hypot)
BULKHEAD_CLASSIC_LONG_DOUBLE_2(nextafter)
BULKHEAD_CLASSIC_LONG_DOUBLE_2(pow)
BULKHEAD_CLASSIC_LONG_DOUBLE_2(remainder)

static inline long double fabsl(long double x)
{
    return __builtin_fabsl(x);
}

static inline long double copysignl(long double x, long double y)
{
    return __builtin_copysignl(x, y);
}

static inline long double fmal(long double x, long double y, long double z)
{
    return fma((double) x, (double) y, (double) z);
}

static inline long double frexpl(long double x, int *exponent)
{
    return frexp((double) x, exponent);
}

static inline long double ldexpl(long double x, int exponent)
{
    return ldexp((double) x, exponent);
}

static inline long double modfl(long double x, long double *whole)
{
    double part;
    double fraction = modf((double) x, &part);

    *whole = part;
    return fraction;
}

static inline double nexttoward(double x, long double y)
{
    return x < y ? nextafter(x, HUGE_VAL) : x > y ? nextafter(x, -HUGE_VAL) : x == y ? (double) y : x + (double) y;
}

static inline float nexttowardf(float x, long double y)
{
    return x < y ? nextafterf(x, HUGE_VALF) : x > y ? nextafterf(x, -HUGE_VALF) : x == y ? (float) y : x + (float) y;
}

#ifdef __cplusplus
}
#endif

#endif
