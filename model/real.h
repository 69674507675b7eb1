/* The number type of the mathematics: float in the product. The gradient check compiles the same
 * sources with FLINCH_REAL_DOUBLE, so that what is checked is what runs. */
#ifndef FLINCH_MODEL_REAL_H
#define FLINCH_MODEL_REAL_H

#include <cblas.h>

#ifdef FLINCH_REAL_DOUBLE
typedef double flinch_real;
#define FLINCH_GEMM cblas_dgemm
#else
typedef float flinch_real;
#define FLINCH_GEMM cblas_sgemm
#endif

#endif
