#include "schemas/score_codec.h"

/* score.avsc itself, put into the object file by the assembler, with a NUL behind it. */
__asm__(".section .rodata\n"
        ".local flinch_score_avsc\n"
        "flinch_score_avsc:\n"
        ".incbin \"" FLINCH_SCORE_AVSC "\"\n"
        ".byte 0\n"
        ".previous\n");

extern const char flinch_score_avsc[];

const char *flinch__score_schema(void) {
    return flinch_score_avsc;
}
