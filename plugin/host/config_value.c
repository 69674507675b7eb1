#include "plugin/host/config_value.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit {
    const char *name;
    uint64_t factor;
} unit;

/* Largest first, for writing. */
static const unit DURATIONS[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
static const unit SIZES[] = {{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}, {"B", 1}};

enum {
    DURATION_UNITS = sizeof DURATIONS / sizeof *DURATIONS,
    SIZE_UNITS = sizeof SIZES / sizeof *SIZES
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static size_t digits(const char *text) {
    size_t n = 0;
    while (is_digit(text[n]))
        n++;
    return n;
}

/* Reads digits without a leading zero; the count of them, 0 if it is no number or overflows. */
static size_t read_whole(const char *text, uint64_t *out_value) {
    size_t n = digits(text);
    if (n > 1 && text[0] == '0')
        return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return 0;
        value = value * 10 + digit;
    }
    *out_value = value;
    return n;
}

bool flinch__parse_whole(const char *text, uint64_t *out_value) {
    size_t n = read_whole(text, out_value);
    return n > 0 && text[n] == '\0';
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool is_real(const char *text) {
    text += *text == '-';
    size_t n = digits(text);
    if (n == 0 || (n > 1 && text[0] == '0'))
        return false;
    text += n;
    if (*text == '.') {
        n = digits(text + 1);
        if (n == 0)
            return false;
        text += n + 1;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '+' || *text == '-';
        n = digits(text);
        if (n == 0)
            return false;
        text += n;
    }
    return *text == '\0';
}

bool flinch__parse_real(const char *text, double *out_value) {
    if (!is_real(text))
        return false;
    /* A program that embeds flinch may have set a locale whose decimal point is a comma. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return false;
    *out_value = strtod_l(text, NULL, plain);
    freelocale(plain);
    return isfinite(*out_value);
}

static bool parse_with_unit(const char *text, const unit *units, size_t count,
                            uint64_t *out_value) {
    uint64_t number;
    size_t n = read_whole(text, &number);
    if (n == 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(text + n, units[i].name) == 0) {
            *out_value = number * units[i].factor;
            return number <= UINT64_MAX / units[i].factor;
        }
    return false;
}

bool flinch__parse_duration(const char *text, uint64_t *out_ms) {
    return parse_with_unit(text, DURATIONS, DURATION_UNITS, out_ms);
}

bool flinch__parse_size(const char *text, uint64_t *out_bytes) {
    return parse_with_unit(text, SIZES, SIZE_UNITS, out_bytes);
}

static void write_with_unit(uint64_t value, const unit *units, char *text, size_t size) {
    while (value % units->factor != 0 || (value == 0 && units->factor != 1))
        units++;
    snprintf(text, size, "%llu%s", (unsigned long long)(value / units->factor), units->name);
}

void flinch__write_duration(uint64_t ms, char *text, size_t size) {
    write_with_unit(ms, DURATIONS, text, size);
}

void flinch__write_size(uint64_t bytes, char *text, size_t size) {
    write_with_unit(bytes, SIZES, text, size);
}

int flinch__parse_choice(const char *text, const char *choices) {
    size_t size = strlen(text);
    for (int i = 0;; i++) {
        size_t n = strcspn(choices, "|");
        if (n == size && memcmp(choices, text, n) == 0)
            return i;
        if (choices[n] == '\0')
            return -1;
        choices += n + 1;
    }
}

/* Exactly `n` digits in a range. */
static bool take_number(const char **text, size_t n, int low, int high, int *out) {
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit((*text)[i]))
            return false;
        value = value * 10 + ((*text)[i] - '0');
    }
    *text += n;
    *out = value;
    return value >= low && value <= high;
}

static bool take(const char **text, char c) {
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

static int days_in_month(int year, int month) {
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : DAYS[month - 1];
}

/* Days since 1970-01-01. */
static int64_t days_before(int year, int month, int day) {
    int64_t past = year - 1;
    int64_t days = past * 365 + past / 4 - past / 100 + past / 400 - 719162;
    for (int m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days + day - 1;
}

static bool take_date(const char **text, int64_t *out_days) {
    int year;
    int month;
    int day;
    if (!take_number(text, 4, 1970, 9999, &year) || !take(text, '-') ||
        !take_number(text, 2, 1, 12, &month) || !take(text, '-') ||
        !take_number(text, 2, 1, days_in_month(year, month), &day))
        return false;
    *out_days = days_before(year, month, day);
    return true;
}

static bool take_fraction(const char **text, int *out_ms) {
    *out_ms = 0;
    if (!take(text, '.'))
        return true;
    int weight = 100;
    size_t n = digits(*text);
    for (size_t i = 0; i < n; i++, weight /= 10)
        *out_ms += ((*text)[i] - '0') * weight;
    *text += n;
    return n > 0 && n <= 9;
}

static bool take_clock(const char **text, int64_t *out_ms) {
    int hour;
    int minute;
    int second;
    int ms;
    if (!take_number(text, 2, 0, 23, &hour) || !take(text, ':') ||
        !take_number(text, 2, 0, 59, &minute) || !take(text, ':') ||
        !take_number(text, 2, 0, 59, &second) || !take_fraction(text, &ms))
        return false;
    *out_ms = (((int64_t)hour * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

static bool take_zone(const char **text, int64_t *out_ms) {
    *out_ms = 0;
    if (take(text, 'Z'))
        return true;
    int sign = **text == '-' ? -1 : 1;
    int hour;
    int minute;
    if ((!take(text, '+') && !take(text, '-')) || !take_number(text, 2, 0, 23, &hour) ||
        !take(text, ':') || !take_number(text, 2, 0, 59, &minute))
        return false;
    *out_ms = sign * ((int64_t)hour * 60 + minute) * 60000;
    return true;
}

bool flinch__parse_time(const char *text, int64_t *out_ms) {
    int64_t days;
    int64_t clock_ms;
    int64_t zone_ms;
    if (!take_date(&text, &days) || !take(&text, 'T') || !take_clock(&text, &clock_ms) ||
        !take_zone(&text, &zone_ms) || *text != '\0')
        return false;
    *out_ms = days * 86400000 + clock_ms - zone_ms;
    return *out_ms >= 0;
}
