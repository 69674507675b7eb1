#include "plugin/host/suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MAX_WORD = 64 };

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Optimal string alignment: rows of the classic table, three of them kept. */
uint32_t flinch__edit_distance(const char *left, const char *right) {
    size_t left_size = strlen(left);
    size_t right_size = strlen(right);
    if (left_size >= MAX_WORD || right_size >= MAX_WORD)
        return UINT32_MAX;
    uint32_t rows[3][MAX_WORD];
    for (uint32_t j = 0; j <= right_size; j++)
        rows[0][j] = j;
    for (uint32_t i = 1; i <= left_size; i++) {
        const uint32_t *before = rows[(i - 1) % 3];
        uint32_t *row = rows[i % 3];
        row[0] = i;
        for (uint32_t j = 1; j <= right_size; j++) {
            uint32_t replaced = before[j - 1] + (left[i - 1] != right[j - 1]);
            row[j] = least(replaced, least(before[j], row[j - 1]) + 1);
            bool swapped =
                i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if (swapped)
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[left_size % 3][right_size];
}

flinch__suggestion flinch__suggest(const char *word) {
    return (flinch__suggestion){word, NULL, (uint32_t)(strlen(word) / 3) + 1};
}

void flinch__suggest_offer(flinch__suggestion *suggestion, const char *candidate) {
    uint32_t distance = flinch__edit_distance(suggestion->word, candidate);
    bool near = suggestion->best == NULL ? distance <= suggestion->distance
                                         : distance < suggestion->distance;
    if (!near || distance >= strlen(candidate))
        return;
    suggestion->best = candidate;
    suggestion->distance = distance;
}

const char *flinch__suggest_text(const flinch__suggestion *suggestion, char *text, size_t size) {
    if (suggestion->best == NULL)
        return "";
    snprintf(text, size, "; did you mean \"%s\"?", suggestion->best);
    return text;
}
