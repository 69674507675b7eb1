#include "schemas/plan_row.h"

enum { DIGITS_MAX = 24 };

static void deliver_to(flinch__walk *w, flinch__sink sink, const flinch__value *v) {
    flinch__row *row = w->row;
    switch (sink.kind) {
    case FLINCH_SINK_NUMBER:
        row->values[sink.index] = flinch__finite_or_mark(v->number);
        break;
    case FLINCH_SINK_CATEGORY:
        row->values[sink.index] =
            flinch__category_index(&w->plan->categories[sink.index], v->text, v->size);
        break;
    case FLINCH_SINK_WRONG:
        row->values[sink.index] = (double)-INFINITY;
        break;
    case FLINCH_SINK_CAPTURE:
        row->captures[sink.index] =
            v->is_number ? (flinch__capture){.kind = FLINCH_CAPTURE_NUMBER, .number = v->number}
                         : (flinch__capture){
                               .kind = FLINCH_CAPTURE_TEXT, .text = v->text, .text_size = v->size};
        break;
    }
}

void flinch__deliver(flinch__walk *w, const flinch__ins *ins, const flinch__value *v) {
    if (w->cause != FLINCH_CAUSE_NONE)
        return;
    for (uint32_t i = 0; i < ins->count; i++)
        deliver_to(w, w->plan->code.sinks[ins->first + i], v);
}

void flinch__deliver_number(flinch__walk *w, const flinch__ins *ins, double number) {
    flinch__deliver(w, ins, &(flinch__value){.is_number = true, .number = number});
}

void flinch__deliver_text(flinch__walk *w, const flinch__ins *ins, const char *text, size_t size) {
    flinch__deliver(w, ins, &(flinch__value){.text = text, .size = size});
}

static bool wants_category(const flinch__walk *w, const flinch__ins *ins) {
    for (uint32_t i = 0; i < ins->count; i++) {
        if (w->plan->code.sinks[ins->first + i].kind == FLINCH_SINK_CATEGORY)
            return true;
    }
    return false;
}

void flinch__deliver_integer(flinch__walk *w, const flinch__ins *ins, int64_t number) {
    char digits[DIGITS_MAX];
    char *first = digits + sizeof digits;
    flinch__value value = {.is_number = true, .number = (double)number};
    if (wants_category(w, ins)) {
        uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
        do {
            *--first = (char)('0' + rest % 10);
            rest /= 10;
        } while (rest != 0);
        if (number < 0)
            *--first = '-';
        value.text = first;
        value.size = (size_t)(digits + sizeof digits - first);
    }
    flinch__deliver(w, ins, &value);
}

double flinch__decimal(const uint8_t *bytes, size_t size, uint32_t scale) {
    bool is_negative = size > 0 && bytes[0] >= 0x80;
    double magnitude = 0;
    for (size_t i = 0; i < size; i++)
        magnitude = magnitude * 256 + (is_negative ? 255 - bytes[i] : bytes[i]);
    if (is_negative)
        magnitude = -(magnitude + 1);
    double divisor = 1;
    for (uint32_t i = 0; i < scale; i++)
        divisor *= 10; /* exact up to 10²² */
    return magnitude / divisor;
}

void flinch__row_clear(const flinch__plan *plan, flinch__row *row) {
    for (uint32_t i = 0; i < plan->input_count; i++)
        row->values[i] = (double)NAN;
    for (uint32_t i = 0; i < plan->capture_count; i++)
        row->captures[i] = (flinch__capture){.kind = FLINCH_CAPTURE_NONE};
    row->missing = 0;
    row->non_finite = 0;
    row->wrong_type = 0;
    row->other_category = 0;
}

void flinch__row_tally(const flinch__plan *plan, flinch__row *row) {
    for (uint32_t i = 0; i < plan->input_count; i++) {
        double v = row->values[i];
        if (isfinite(v))
            continue;
        row->missing += isnan(v) ? 1 : 0;
        row->non_finite += isinf(v) && v > 0 ? 1 : 0;
        row->wrong_type += isinf(v) && v < 0 ? 1 : 0;
        row->values[i] = (double)NAN;
    }
    for (uint32_t i = 0; i < plan->one_hot_count; i++)
        row->other_category += row->values[plan->one_hot[i]] < 0 ? 1 : 0;
}
