/* What the C library must do, in standard C: each check that fails is a line. Mathematics is a table of arguments and
   results, for who compares it with another library's. Compiled for the developer's machine it asks its library. */
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int c_library(void);

static unsigned checks;
static unsigned failed;

static void check(int condition, const char *text, int line)
{
    ++checks;
    if (!condition) {
        ++failed;
        printf("line %d: not so: %s\n", line, text);
    }
}

#define CHECK(condition) check((condition) != 0, #condition, __LINE__)

/* Formats, and compares text and length. */
static void prints(int line, const char *expected, const char *format, ...)
{
    char buffer[512];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(buffer, sizeof(buffer), format, arguments);
    va_end(arguments);
    ++checks;
    if (length != (int) strlen(expected) || strcmp(buffer, expected) != 0) {
        ++failed;
        printf("line %d: \"%s\" (%d) instead of \"%s\"\n", line, buffer, length, expected);
    }
}

#define PRINTS(expected, ...) prints(__LINE__, expected, __VA_ARGS__)

/* So that the compiler knows no value before it is computed, and none has more bits than its type. */
static volatile double zero = 0.0;
static volatile double stored;

static void printing(void)
{
    char buffer[8];
    int count = 0;

    PRINTS("-2147483648 4294967295 37777777777 ffffffff", "%d %u %o %x", INT_MIN, UINT_MAX, UINT_MAX, UINT_MAX);
    PRINTS("-9223372036854775808 18446744073709551615", "%lld %llu", LLONG_MIN, ULLONG_MAX);
    PRINTS("-1 255 -1 65535", "%hhd %hhu %hd %hu", -1, 255, -1, 65535);
    PRINTS("7 8 -9 10 11", "%zu %ju %jd %td %ld", (size_t) 7, (uintmax_t) 8, (intmax_t) -9, (ptrdiff_t) 10, 11L);
    PRINTS("[   42] [42   ] [00042] [+42] [ 42] [  +42]", "[%5d] [%-5d] [%05d] [%+d] [% d] [%+5d]", 42, 42, 42, 42, 42,
        42);
    PRINTS("0x2a 052 0XAB [] [  007]", "%#x %#o %#X [%.0d] [%5.3d]", 42, 42, 0xab, 0, 7);
    PRINTS("[  abc] [abc  ] [ab] [a] x%", "[%5s] [%-5s] [%.2s] [%.*s] %c%%", "abc", "abc", "abc", 1, "abc", 'x');
    PRINTS("abc3", "abc%n%d", &count, 3);
    CHECK(count == 3);
    PRINTS("1.500000e+00 1.5E-10 0e+00 -inf nan", "%e %.1E %.0e %f %f", 1.5, 1.5e-10, zero, -INFINITY, NAN);
    PRINTS("100000 1e+06 0.0001 1e-05 1.00000 3.14159", "%g %g %g %g %#g %g", 1e5, 1e6, 1e-4, 1e-5, 1.0, M_PI);
    PRINTS("0x1p+0 0x1.8p+1 0x1.921fb54442d18p+1 0x1.92p+1", "%a %a %a %.2a", 1.0, 3.0, M_PI, M_PI);
    PRINTS("0.5 0 2 2 4 0.12 0.38", "%.1f %.0f %.0f %.0f %.0f %.2f %.2f", 0.5, 0.5, 1.5, 2.5, 3.5, 0.125, 0.375);
    PRINTS("[   3.14] [3.1    ] [0003.142]", "[%*.*f] [%-*.*f] [%0*.*f]", 7, 2, M_PI, 7, 1, M_PI, 8, 3, M_PI);
    PRINTS("10000000000000000000000 0.1000000000000000055511151231257827", "%.0f %.34f", 1e22, 0.1);
    CHECK(snprintf(NULL, 0, "%.0f", DBL_MAX) == 309);
    PRINTS("4.9406564584124654e-324 2.2250738585072014e-308", "%.17g %.17g", 4.9406564584124654e-324, DBL_MIN);
    PRINTS("2.5 1 7 8", "%.1Lf %d %.0f %d", 2.5L, 1, 7.0, 8);
    CHECK(snprintf(buffer, sizeof(buffer), "%s", "longer than that") == 16 && strcmp(buffer, "longer ") == 0);
    CHECK(snprintf(NULL, 0, "%d", 12345) == 5);
    CHECK(sprintf(buffer, "%d-%d", 1, 2) == 3 && strcmp(buffer, "1-2") == 0);
}

/* Seven words of fixed and varying arguments: some in registers, some on the stack. */
static void scanning(void)
{
    int i = 0, j = 0, k = 0, count = -1;
    unsigned u = 0;
    short h = 0;
    signed char c = 0;
    long l = 0;
    long long ll = 0;
    float f = 0;
    double d = 0;
    long double ld = 0;
    char text[16], other[16];

    CHECK(sscanf("12 -34 0x1f", "%d %d %i", &i, &j, &k) == 3 && i == 12 && j == -34 && k == 31);
    CHECK(sscanf("010 ff 777", "%i %x %o", &i, &u, &j) == 3 && i == 8 && u == 255 && j == 511);
    CHECK(sscanf("1 2 3 4 5 6 7", "%hd %hhd %ld %lld %d %d %n", &h, &c, &l, &ll, &i, &j, &count) == 6);
    CHECK(h == 1 && c == 2 && l == 3 && ll == 4 && i == 5 && j == 6 && count == 12);
    CHECK(sscanf("1.5 2.25 -3e2", "%f %lf %Lf", &f, &d, &ld) == 3 && f == 1.5f && d == 2.25 && ld == -300.0L);
    CHECK(sscanf("abc123def", "%[a-z]%d%s", text, &i, other) == 3);
    CHECK(strcmp(text, "abc") == 0 && i == 123 && strcmp(other, "def") == 0);
    CHECK(sscanf("key=value;x", "%[^=]=%[^;]", text, other) == 2 && strcmp(other, "value") == 0);
    CHECK(sscanf("]-x", "%[]-]%c", text, other) == 2 && strcmp(text, "]-") == 0 && other[0] == 'x');
    CHECK(sscanf("12345", "%2d%3d", &i, &j) == 2 && i == 12 && j == 345);
    CHECK(sscanf("7 8 9", "%d %*d %d", &i, &j) == 2 && i == 7 && j == 9);
    CHECK(sscanf("  x", "%c", text) == 1 && text[0] == ' ');
    CHECK(sscanf("abcd", "%2c", text) == 1 && text[0] == 'a' && text[1] == 'b');
    CHECK(sscanf("", "%d", &i) == EOF && sscanf("x", "%d", &i) == 0 && sscanf("5", "%d %d", &i, &j) == 1);
    CHECK(sscanf("10%", "%d%%%n", &i, &count) == 1 && i == 10 && count == 3);
    CHECK(sscanf("inf nan 0x1p4", "%lf %f %lf", &d, &f, &d) == 3 && f != f && d == 16.0);
    CHECK(sscanf("-", "%d", &i) == 0);
#ifndef HOSTED
    /* GNU's library takes the number in front of what is no exponent, which C does not allow (7.21.6.2, example). */
    CHECK(sscanf("1ex", "%lf", &d) == 0);
#endif
}

static void numbers(void)
{
    static const double values[] = { 1.0 / 3.0, 1e23, 9007199254740993.0, DBL_MAX, DBL_MIN, 4.9406564584124654e-324,
        123456789.123456789, 1e-300, 0.1, 5e-324 };
    char text[40];
    char *end;
    size_t index;

    for (index = 0; index < sizeof(values) / sizeof(values[0]); ++index) {
        sprintf(text, "%.17g", values[index]);
        stored = strtod(text, &end);
        CHECK(stored == values[index] && *end == 0);
        sprintf(text, "%a", values[index]);
        stored = strtod(text, &end);
        CHECK(stored == values[index] && *end == 0);
    }
    stored = strtod("  -1.25e2xyz", &end);
    CHECK(stored == -125.0 && strcmp(end, "xyz") == 0);
    stored = strtod("infinityx", &end);
    CHECK(isinf(stored) && *end == 'x');
    stored = strtod("nan(12)z", &end);
    CHECK(isnan(stored) && *end == 'z');
    stored = strtod("0x.8p", &end);
    CHECK(stored == 0.5 && *end == 'p');
    stored = strtod("x", &end);
    CHECK(stored == 0.0 && *end == 'x');
    errno = 0;
    stored = strtod("1e400", NULL);
    CHECK(isinf(stored) && errno == ERANGE);
    errno = 0;
    stored = strtod("1e-400", NULL);
    CHECK(stored == 0.0 && errno == ERANGE);
    CHECK(strtof("0.1", NULL) == 0.1f && strtof("16777217", NULL) == 16777216.0f);
    CHECK(atof("2.5") == 2.5 && strtold("2.5", NULL) == 2.5L);
    errno = 0;
    CHECK(strtoll("9223372036854775808", NULL, 10) == LLONG_MAX && errno == ERANGE);
    errno = 0;
    CHECK(strtoll("-9223372036854775808", NULL, 10) == LLONG_MIN && errno == 0);
    CHECK(strtoull("18446744073709551615", NULL, 0) == ULLONG_MAX && strtoull("-1", NULL, 0) == ULLONG_MAX);
    CHECK(strtol("0x7fz", &end, 0) == 127 && *end == 'z' && strtol("z", &end, 36) == 35);
    CHECK(strtol("0xg", &end, 16) == 0 && *end == 'x' && atoi(" 42x") == 42 && atoll("-5000000000") == -5000000000LL);
    errno = 0;
    CHECK(strtol("99999999999999999999", NULL, 10) == LONG_MAX && errno == ERANGE);
    errno = 0;
    CHECK(strtoul("99999999999999999999", NULL, 10) == ULONG_MAX && errno == ERANGE);
    CHECK(div(-7, 2).quot == -3 && div(-7, 2).rem == -1 && lldiv(7, -2).rem == 1 && llabs(-3LL) == 3);
    CHECK(strtoimax("-5", NULL, 10) == -5 && imaxabs((intmax_t) -5) == 5);
}

static void words(void)
{
    char text[32] = "  one,two;;three ";
    char *rest = NULL;

    CHECK(strcmp(strtok(text, " ,;"), "one") == 0 && strcmp(strtok(NULL, " ,;"), "two") == 0);
    CHECK(strcmp(strtok(NULL, " ,;"), "three") == 0 && strtok(NULL, " ,;") == NULL);
    strcpy(text, "a:b");
    CHECK(strcmp(strtok_r(text, ":", &rest), "a") == 0 && strcmp(strtok_r(NULL, ":", &rest), "b") == 0);
    CHECK(strtok_r(NULL, ":", &rest) == NULL);
    CHECK(memchr("abc", 'c', 2) == NULL && *(const char *) memchr("abc", 'b', 3) == 'b');
    CHECK(strspn("aabbc", "ab") == 4 && strcspn("aabbc", "c") == 4 && strcspn("abc", "") == 3);
    CHECK(strcmp(strpbrk("abc", "xc"), "c") == 0 && strpbrk("abc", "x") == NULL);
    strcpy(text, "ab");
    CHECK(strcmp(strncat(text, "cdef", 2), "abcd") == 0 && strcmp(strcat(text, "!"), "abcd!") == 0);
    CHECK(strcmp("a", "b") < 0 && strcmp("\xff", "a") > 0 && memcmp("\xff", "a", 1) > 0 && strncmp("ab", "ac", 1) == 0);
    CHECK(strcmp(strstr("abcabd", "abd"), "abd") == 0 && strstr("abc", "abd") == NULL && *strstr("abc", "") == 'a');
    CHECK(strcmp(strrchr("a/b/c", '/'), "/c") == 0 && *strchr("abc", 0) == 0 && strnlen("abc", 2) == 2);
    CHECK(strcoll("a", "a") == 0 && strxfrm(text, "xyz", sizeof(text)) == 3 && strcmp(text, "xyz") == 0);
    strcpy(text, "0123456789");
    CHECK(memmove(text + 2, text, 5) == text + 2 && strcmp(text, "0101234789") == 0);
    CHECK(strlen(strerror(ERANGE)) > 0 && strlen(strerror(12345)) > 0 && strcmp(strerror(EDOM), strerror(ERANGE)) != 0);
}

static void characters(void)
{
    int character;
    unsigned sums[13] = { 0 };

    for (character = EOF; character < 256; ++character) {
        sums[0] += isalnum(character) != 0;
        sums[1] += isalpha(character) != 0;
        sums[2] += isblank(character) != 0;
        sums[3] += iscntrl(character) != 0;
        sums[4] += isdigit(character) != 0;
        sums[5] += isgraph(character) != 0;
        sums[6] += islower(character) != 0;
        sums[7] += isprint(character) != 0;
        sums[8] += ispunct(character) != 0;
        sums[9] += isspace(character) != 0;
        sums[10] += isupper(character) != 0;
        sums[11] += isxdigit(character) != 0;
        sums[12] += tolower(character) != character || toupper(character) != character;
    }
    CHECK(sums[0] == 62 && sums[1] == 52 && sums[2] == 2 && sums[3] == 33 && sums[4] == 10 && sums[5] == 94);
    CHECK(sums[6] == 26 && sums[7] == 95 && sums[8] == 32 && sums[9] == 6 && sums[10] == 26 && sums[11] == 22);
    CHECK(sums[12] == 52 && tolower('Q') == 'q' && toupper('q') == 'Q' && tolower(EOF) == EOF);
}

struct record {
    unsigned key;
    char name[5];
};

static int by_key(const void *first, const void *second)
{
    const struct record *one = first, *other = second;

    return one->key < other->key ? -1 : one->key > other->key;
}

static void sorting(void)
{
    static struct record records[500];
    struct record wanted = { 0, "" };
    unsigned seed = 1, index, sum = 0, sorted = 0;

    for (index = 0; index < 500; ++index) {
        seed = seed * 1103515245u + 12345u;
        records[index].key = seed >> 16 & 0xff;
        sprintf(records[index].name, "%u", records[index].key);
        sum += records[index].key;
    }
    qsort(records, 500, sizeof(records[0]), by_key);
    for (index = 0; index < 500; ++index) {
        sum -= records[index].key;
        CHECK((unsigned) atoi(records[index].name) == records[index].key);
        sorted += index == 0 || records[index - 1].key <= records[index].key;
        wanted.key = records[index].key;
        CHECK(((struct record *) bsearch(&wanted, records, 500, sizeof(records[0]), by_key))->key == wanted.key);
    }
    CHECK(sum == 0 && sorted == 500);
    wanted.key = 256;
    CHECK(bsearch(&wanted, records, 500, sizeof(records[0]), by_key) == NULL);
    qsort(records, 0, sizeof(records[0]), by_key);
    srand(5);
    sum = (unsigned) rand();
    srand(5);
    CHECK(sum == (unsigned) rand() && rand() >= 0);
}

static jmp_buf before;

/* Deeper than a SPARC processor has windows. */
static int descend(int depth, int value)
{
    volatile int local = depth;

    if (depth == 0)
        longjmp(before, value);
    return descend(depth - 1, value) + local;
}

static int jumped(int depth, int value)
{
    volatile int kept = 77;
    volatile double number = 0.5;
    int result = setjmp(before);

    if (result == 0) {
        kept = 78;
        number = 1.5;
        descend(depth, value);
    }
    CHECK(kept == 78 && number == 1.5);
    return result;
}

static volatile int signals;

static void signalled(int number)
{
    signals += number;
}

static void jumping(void)
{
    int depth;

    for (depth = 0; depth < 20; ++depth) {
        CHECK(jumped(depth, depth + 1) == depth + 1);
        CHECK(jumped(depth, 0) == 1);
    }
    CHECK(signal(SIGTERM, signalled) == SIG_DFL && raise(SIGTERM) == 0 && signals == SIGTERM);
    CHECK(signal(SIGTERM, SIG_IGN) != SIG_ERR && raise(SIGTERM) == 0 && signals == SIGTERM);
}

static void dates(void)
{
    time_t seconds = 1174735500; /* 24 March 2007, 11:25:00 */
    struct tm date, *found = gmtime(&seconds);
    char text[64];

    CHECK(found->tm_year == 107 && found->tm_mon == 2 && found->tm_mday == 24 && found->tm_hour == 11);
    CHECK(found->tm_min == 25 && found->tm_sec == 0 && found->tm_wday == 6 && found->tm_yday == 82);
    CHECK(strcmp(asctime(found), "Sat Mar 24 11:25:00 2007\n") == 0);
    CHECK(strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %j %a %B %U %W %V %G %I%p %y%%", found) == 56);
    CHECK(strcmp(text, "2007-03-24 11:25:00 083 Sat March 11 12 12 2007 11AM 07%") == 0);
    CHECK(strftime(text, 5, "%Y-%m-%d", found) == 0);
    date = *found;
    date.tm_mon += 12;
    date.tm_mday -= 60;
    CHECK(mktime(&date) == 1174735500 + (366 - 60) * 86400 && date.tm_mon == 0 && date.tm_mday == 24);
    seconds = -1;
    found = gmtime(&seconds);
    CHECK(found->tm_year == 69 && found->tm_mon == 11 && found->tm_mday == 31 && found->tm_sec == 59);
    CHECK(difftime(10, 3) == 7.0);
}

static void errors(void)
{
    int exponent;

    errno = 0;
    stored = sqrt(-1.0 + zero);
    CHECK(isnan(stored) && errno == EDOM);
    errno = 0;
    stored = log(zero);
    CHECK(isinf(stored) && errno == ERANGE);
    errno = 0;
    stored = exp(1000.0 + zero);
    CHECK(isinf(stored) && errno == ERANGE);
    errno = 0;
    stored = sqrt(2.0 + zero);
    CHECK(errno == 0);
    stored = frexp(-12.0, &exponent);
    CHECK(stored == -0.75 && exponent == 4);
    stored = ldexp(0.75, 4);
    CHECK(stored == 12.0);
    stored = scalbn(1.0, -1074);
    CHECK(stored == 4.9406564584124654e-324);
    double whole;
    stored = modf(-3.25, &whole);
    CHECK(stored == -0.25 && whole == -3.0);
    CHECK(lrint(2.5) == 2 && lround(2.5) == 3 && llround(-2.5) == -3 && llrint(1e15) == 1000000000000000LL);
    CHECK(ilogb(8.5) == 3 && logb(8.5) == 3.0 && remquo(7.0, 2.0, &exponent) == -1.0 && (exponent & 7) == 4);
    CHECK(fpclassify(zero) == FP_ZERO && fpclassify(4.9406564584124654e-324) == FP_SUBNORMAL);
    CHECK(isnormal(1.0) && signbit(-0.0) && !signbit(0.0) && isless(1.0, 2.0) && isunordered(1.0, NAN));
    CHECK(fabsl(-2.0L) == 2.0L && sqrtl(4.0L) == 2.0L && fmax(NAN, 1.0) == 1.0 && fmin(2.0, NAN) == 2.0);
    CHECK(nexttoward(1.0, 2.0L) == 1.0 + DBL_EPSILON && copysignf(2.0f, -1.0f) == -2.0f);
    double (*function)(double) = sqrt;
    CHECK(function(9.0) == 3.0);
}

static uint64_t bits_of(double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));
    return bits;
}

#define TABLE(name) { #name, name, name##f }

static const struct {
    const char *name;
    double (*function)(double);
    float (*single)(float);
} one_argument[] = { TABLE(acos), TABLE(acosh), TABLE(asin), TABLE(asinh), TABLE(atan), TABLE(atanh), TABLE(cbrt),
    TABLE(ceil), TABLE(cos), TABLE(cosh), TABLE(erf), TABLE(erfc), TABLE(exp), TABLE(exp2), TABLE(expm1), TABLE(fabs),
    TABLE(floor), TABLE(lgamma), TABLE(log), TABLE(log10), TABLE(log1p), TABLE(log2), TABLE(logb), TABLE(nearbyint),
    TABLE(rint), TABLE(round), TABLE(sin), TABLE(sinh), TABLE(sqrt), TABLE(tan), TABLE(tanh), TABLE(tgamma),
    TABLE(trunc) };

static const struct {
    const char *name;
    double (*function)(double, double);
    float (*single)(float, float);
} two_arguments[] = { TABLE(atan2), TABLE(copysign), TABLE(fdim), TABLE(fmax), TABLE(fmin), TABLE(fmod), TABLE(hypot),
    TABLE(nextafter), TABLE(pow), TABLE(remainder) };

static const double arguments[] = { 0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.5, -2.5, 10.0, -3.75, 1e-8, 0.999, 100.25, 1e6,
    -1e6, 1e300, 4.9406564584124654e-324 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void mathematics(void)
{
    size_t f, x, y;

    for (f = 0; f < COUNT(one_argument); ++f) {
        for (x = 0; x < COUNT(arguments); ++x) {
            printf("= %s %" PRIx64 " 0 %" PRIx64 "\n", one_argument[f].name, bits_of(arguments[x]),
                bits_of(one_argument[f].function(arguments[x])));
            if (x < 14)
                printf("= %sf %" PRIx64 " 0 %" PRIx64 "\n", one_argument[f].name, bits_of((float) arguments[x]),
                    bits_of(one_argument[f].single((float) arguments[x])));
        }
    }
    for (f = 0; f < COUNT(two_arguments); ++f) {
        for (x = 2; x < 14; x += 2) {
            for (y = 2; y < 13; y += 3) {
                printf("= %s %" PRIx64 " %" PRIx64 " %" PRIx64 "\n", two_arguments[f].name, bits_of(arguments[x]),
                    bits_of(arguments[y]), bits_of(two_arguments[f].function(arguments[x], arguments[y])));
                printf("= %sf %" PRIx64 " %" PRIx64 " %" PRIx64 "\n", two_arguments[f].name,
                    bits_of((float) arguments[x]), bits_of((float) arguments[y]),
                    bits_of(two_arguments[f].single((float) arguments[x], (float) arguments[y])));
            }
        }
    }
    printf("= fma %" PRIx64 " %" PRIx64 " %" PRIx64 "\n", bits_of(0.1), bits_of(10.0), bits_of(fma(0.1, 10.0, -1.0)));
}

int c_library(void)
{
    printing();
    scanning();
    numbers();
    words();
    characters();
    sorting();
    jumping();
    dates();
    errors();
    mathematics();
    printf("c library: %u checks, %u failed\n", checks, failed);
    return failed != 0;
}

#ifdef HOSTED
int main(void)
{
    return c_library();
}
#endif
