/* "did you mean": the nearest of the words that could have been meant. */
#ifndef FLINCH_HOST_SUGGEST_H
#define FLINCH_HOST_SUGGEST_H

#include <stddef.h>
#include <stdint.h>

typedef struct flinch__suggestion {
    const char *word; /* as it was written; borrowed */
    const char *best; /* nearest so far, or NULL if none is near; borrowed */
    uint32_t distance;
} flinch__suggestion;

flinch__suggestion flinch__suggest(const char *word);

/* Considers a candidate; one that needs more than a third of the word changed is not near. */
void flinch__suggest_offer(flinch__suggestion *suggestion, const char *candidate);

/* "; did you mean \"x\"?", or "". */
const char *flinch__suggest_text(const flinch__suggestion *suggestion, char *text, size_t size);

/* Insertions, deletions, replacements and swaps of neighbours that turn one word into the other;
 * UINT32_MAX if either is longer than 63 bytes. */
uint32_t flinch__edit_distance(const char *left, const char *right);

#endif
