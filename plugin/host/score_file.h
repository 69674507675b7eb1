/* Scores to a file: CSV, JSON lines or Avro, by the file's ending. */
#ifndef FLINCH_HOST_SCORE_FILE_H
#define FLINCH_HOST_SCORE_FILE_H

#include "flinch/status.h"
#include "schemas/score_codec.h"

typedef struct flinch__score_file flinch__score_file;

/* Makes the file; "-" is CSV on standard output. INVALID for another ending, NOT_FOUND if it cannot
 * be made. [main] */
FLINCH_MUST_CHECK flinch_status flinch__score_file_open(const char *path,
                                                        flinch__score_file **out_file,
                                                        flinch_error *error);
FLINCH_MUST_CHECK flinch_status flinch__score_file_add(flinch__score_file *file,
                                                       const flinch__score_record *record,
                                                       flinch_error *error);
/* Takes NULL. TRY_AGAIN with text if not all could be written. */
FLINCH_MUST_CHECK flinch_status flinch__score_file_close(flinch__score_file *file,
                                                         flinch_error *error);

#endif
