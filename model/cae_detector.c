#include "model/cae_detector.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "model/cae_state.h"

/* Raised with every change of a score's bits or of the saved form. */
#define CAE_VERSION "1"

enum { T = FLINCH_TILE_ROWS, WARMUP_EPOCHS = 20, WHITEN_TILES = 8 };

static const float WARMUP_RATE_ADAM = 0.01F;
static const float WARMUP_RATE_MOMENTUM = 0.1F;
static const float ONLINE_RATE_ADAM = 0.002F;
static const float ONLINE_RATE_MOMENTUM = 0.02F;

/* A row is learned from if no signal stands higher than this many deviations… */
static const double GATE = 2.5;
/* …or else with this probability, so that a new regime gets in. */
static const double GATE_CHANCE = 0.2;
static const uint32_t BURST_ROWS = 4;

/* The worker's scratch memory, cut for one tile. */
typedef struct workspace {
    flinch__cae_pass pass;
    flinch__cae_scratch gradient_scratch;
    float *centered; /* [T][d] r − r̄ */
    float *y;        /* [T][d] whitened */
    float *grad;     /* [parameters] */
    double *square;  /* [d][d] for the whitener */
} workspace;

static void *carve(unsigned char *memory, size_t *used, size_t bytes) {
    void *piece = memory == NULL ? NULL : memory + *used;
    *used += (bytes + 63) / 64 * 64;
    return piece;
}

/* Cuts `memory` (NULL to measure alone) and returns the bytes used. */
static size_t cut(const flinch_detector *detector, void *memory, workspace *w) {
    const size_t d = detector->settings.d;
    const size_t h = detector->settings.h;
    size_t used = 0;
    w->pass.z = carve(memory, &used, T * d * sizeof(float));
    w->pass.s = carve(memory, &used, T * h * sizeof(float));
    w->pass.r = carve(memory, &used, T * d * sizeof(float));
    w->pass.sensitivity = carve(memory, &used, T * sizeof(float));
    w->gradient_scratch.dr = carve(memory, &used, T * d * sizeof(float));
    w->gradient_scratch.da = carve(memory, &used, T * h * sizeof(float));
    w->centered = carve(memory, &used, T * d * sizeof(float));
    w->y = carve(memory, &used, T * d * sizeof(float));
    w->grad = carve(memory, &used, detector->optimizer.size * sizeof(float));
    w->square =
        carve(memory, &used, flinch__whitener_floats(detector->settings.d) * sizeof(double));
    return used;
}

static size_t scratch_bytes(const flinch_detector *detector) {
    workspace measured;
    return cut(detector, NULL, &measured);
}

static uint64_t warmup_tiles(const flinch_detector *detector) {
    return detector->settings.warmup / T;
}

static bool ready(const flinch_detector *detector) {
    return *detector->tiles >= warmup_tiles(detector);
}

/* A missing feature plays no part in a row's error: its residual is 0, and so is its share of
 * everything that is computed from residuals. */
static void mask_missing(const float *x, size_t n, float *residual) {
    for (size_t i = 0; i < n; i++)
        residual[i] = isnan(x[i]) ? 0 : residual[i];
}

/* x [T][d] → all signals of all rows. */
static void forward(const flinch_detector *detector, const float *x, workspace *w) {
    const size_t d = detector->settings.d;
    for (size_t t = 0; t < T; t++)
        flinch__normalizer_apply(&detector->normalizer, x + t * d, w->pass.z + t * d);
    flinch__cae_forward(&detector->cae, &w->pass);
    mask_missing(x, T * d, w->pass.r);
    flinch__whitener_center(&detector->whitener, w->pass.r, w->centered);
    mask_missing(x, T * d, w->centered);
    flinch__whitener_apply(&detector->whitener, w->centered, w->y);
}

static float mean_square(const float *v, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sum / (float)n;
}

/* e = ln(mean r² + 1e-4), the reconstruction error; m = ln(‖y‖²/d + 1e-3), the same whitened;
 * s = −ln(‖J‖²_F + 1e-12), the encoder's sensitivity: low is strange. The floors say from where on
 * an error is one: with smaller ones a constant stream alarms at the model's own rounding. */
static void signals_of(const flinch_detector *detector, const workspace *w, size_t t,
                       double out[FLINCH__SIGNALS]) {
    const size_t d = detector->settings.d;
    out[0] = log((double)mean_square(w->pass.r + t * d, d) + 1e-4);
    out[1] = log((double)mean_square(w->y + t * d, d) + 1e-3);
    out[2] = -log((double)w->pass.sensitivity[t] + 1e-12);
}

/* raw = ln Σ_i exp(U_i) over the standardised signals; *out_highest = max U_i. */
static double fuse(const flinch_detector *detector, const double signals[FLINCH__SIGNALS],
                   double *out_highest) {
    double u[FLINCH__SIGNALS];
    double highest = (double)-INFINITY;
    for (size_t i = 0; i < FLINCH__SIGNALS; i++) {
        u[i] = flinch__running_standardise(&detector->signals[i], signals[i]);
        highest = fmax(highest, u[i]);
    }
    double sum = 0;
    for (size_t i = 0; i < FLINCH__SIGNALS; i++)
        sum += exp(u[i] - highest);
    if (out_highest != NULL)
        *out_highest = highest;
    return highest + log(sum);
}

static flinch_status score(const flinch_detector *detector, const flinch_tile *tile, void *scratch,
                           flinch_signal out[FLINCH_TILE_ROWS]) {
    workspace space;
    workspace *w = &space;
    cut(detector, scratch, w);
    forward(detector, tile->values, w);
    for (size_t t = tile->first; t < tile->first + tile->count; t++) {
        double signals[FLINCH__SIGNALS];
        signals_of(detector, w, t, signals);
        out[t].raw = (float)fuse(detector, signals, NULL);
        out[t].reconstruction_error =
            mean_square(w->pass.r + t * detector->settings.d, detector->settings.d);
        out[t].sensitivity = w->pass.sensitivity[t];
    }
    return flinch_status_of(FLINCH_OK);
}

static float rate_of(const flinch_detector *detector, float adam, float momentum) {
    return detector->settings.optimizer == FLINCH_OPTIMIZER_ADAM ? adam : momentum;
}

/* One step on the rows in use; `w` holds their forward pass. False if it was refused. */
static bool step(flinch_detector *detector, uint32_t rows, float rate, workspace *w,
                 flinch__cae_loss *out_loss) {
    *out_loss = flinch__cae_gradient(&detector->cae, &w->pass, rows, detector->settings.lambda,
                                     &w->gradient_scratch, w->grad);
    if (!isfinite(out_loss->reconstruction) || !isfinite(out_loss->contractive))
        return false;
    if (!flinch__optimizer_step(&detector->optimizer, rate, w->grad, detector->cae.theta))
        return false;
    flinch__cae_refresh(&detector->cae);
    return true;
}

static void shuffle(flinch__random *random, uint32_t *order, uint32_t n) {
    for (uint32_t i = n - 1; i > 0; i--) {
        uint32_t j = flinch__random_below(random, i + 1);
        uint32_t swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}

/* Twenty epochs of shuffled mini-batches over the warm-up rows, which are the ring's first. */
static void train_on_ring(flinch_detector *detector, workspace *w, flinch_learned *learned) {
    const size_t d = detector->settings.d;
    const uint32_t n = detector->settings.warmup;
    float *rows = w->y; /* free until the whitener is used */
    uint32_t order[FLINCH__RING_ROWS] = {0};
    assert(n > 0 && n <= FLINCH__RING_ROWS && n % T == 0);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    flinch__cae_loss loss = {0};
    for (uint32_t epoch = 0; epoch < WARMUP_EPOCHS; epoch++) {
        shuffle(detector->random, order, n);
        for (uint32_t start = 0; start < n; start += T) {
            for (size_t t = 0; t < T; t++) {
                const float *row = detector->normalizer.ring + order[start + t] * d;
                memcpy(rows + t * d, row, d * sizeof *row);
                flinch__normalizer_apply(&detector->normalizer, row, w->pass.z + t * d);
            }
            flinch__cae_forward(&detector->cae, &w->pass);
            mask_missing(rows, T * d, w->pass.r);
            if (!step(detector, UINT32_MAX,
                      rate_of(detector, WARMUP_RATE_ADAM, WARMUP_RATE_MOMENTUM), w, &loss))
                learned->rolled_back++;
        }
    }
    learned->loss_reconstruction = loss.reconstruction;
    learned->loss_contractive = loss.contractive;
}

/* Residual statistics and signal statistics of the trained model on the warm-up rows. */
static void start_statistics(flinch_detector *detector, workspace *w) {
    const size_t d = detector->settings.d;
    const uint32_t n = detector->settings.warmup;
    double values[FLINCH__SIGNALS][FLINCH__RING_ROWS];
    for (uint32_t start = 0; start < n; start += T) {
        forward(detector, detector->normalizer.ring + start * d, w);
        flinch__whitener_add(&detector->whitener, w->centered, UINT32_MAX);
    }
    flinch__whitener_refresh(&detector->whitener, w->square);
    for (uint32_t start = 0; start < n; start += T) {
        forward(detector, detector->normalizer.ring + start * d, w);
        for (uint32_t t = 0; t < T; t++) {
            double signals[FLINCH__SIGNALS];
            signals_of(detector, w, t, signals);
            for (size_t i = 0; i < FLINCH__SIGNALS; i++)
                values[i][start + t] = signals[i];
        }
    }
    /* The warm-up counts four times: its rows are all there is to begin from. */
    for (size_t i = 0; i < FLINCH__SIGNALS; i++)
        flinch__running_start(&detector->signals[i], values[i], n, 4);
    for (uint32_t row = 0; row < n; row++) {
        double signals[FLINCH__SIGNALS] = {values[0][row], values[1][row], values[2][row]};
        detector->reference[row] = (float)fuse(detector, signals, NULL);
    }
}

/* Gathers the tile; with the last tile of the warm-up, fits everything. */
static void learn_warmup(flinch_detector *detector, const flinch_tile *tile, workspace *w,
                         flinch_learned *learned) {
    for (size_t t = 0; t < T; t++)
        flinch__normalizer_add(&detector->normalizer, tile->values + t * detector->settings.d);
    if (*detector->tiles + 1 < warmup_tiles(detector))
        return;
    flinch__normalizer_fit(&detector->normalizer);
    train_on_ring(detector, w, learned);
    start_statistics(detector, w);
    learned->reference = detector->reference;
    learned->reference_count = detector->settings.warmup;
}

/* What the gate saw in a tile. */
typedef struct gated {
    uint32_t rows;                                  /* bit t: row t may be learned from */
    uint32_t references;                            /* raw scores written to reference */
    double kept[FLINCH__SIGNALS][FLINCH_TILE_ROWS]; /* signals of the rows to learn from */
} gated;

/* Passes the rows to learn from, and the raw scores to calibrate by. Those are all of the tile's,
 * tail included, or else p-values would be of a distribution cut off at the gate; but in a tile
 * with more than BURST_ROWS high rows these are a burst and not a tail, and are left out. */
static void gate(flinch_detector *detector, const workspace *w, gated *out) {
    double raw[T];
    double highest[T];
    uint32_t high = 0;
    uint32_t n = 0;
    *out = (gated){0};
    for (uint32_t t = 0; t < T; t++) {
        double signals[FLINCH__SIGNALS];
        signals_of(detector, w, t, signals);
        raw[t] = fuse(detector, signals, &highest[t]);
        high += highest[t] > GATE;
        if (highest[t] > GATE && flinch__random_unit(detector->random) >= GATE_CHANCE)
            continue;
        for (size_t i = 0; i < FLINCH__SIGNALS; i++)
            out->kept[i][n] = signals[i];
        out->rows |= UINT32_C(1) << t;
        n++;
    }
    for (uint32_t t = 0; t < T; t++)
        if (highest[t] <= GATE || high <= BURST_ROWS)
            detector->reference[out->references++] = (float)raw[t];
}

static void learn_online(flinch_detector *detector, const flinch_tile *tile, workspace *w,
                         flinch_learned *learned) {
    const size_t d = detector->settings.d;
    gated passed;
    forward(detector, tile->values, w);
    gate(detector, w, &passed);
    uint32_t rows = passed.rows;
    uint32_t n = (uint32_t)__builtin_popcount(rows);
    learned->reference = detector->reference;
    learned->reference_count = passed.references;
    learned->refused = T - n;
    if (n == 0)
        return;

    for (size_t i = 0; i < FLINCH__SIGNALS; i++)
        flinch__running_add(&detector->signals[i], passed.kept[i], n);
    flinch__whitener_add(&detector->whitener, w->centered, rows);
    for (size_t t = 0; t < T; t++)
        if (rows >> t & 1)
            flinch__normalizer_add(&detector->normalizer, tile->values + t * d);

    flinch__cae_loss loss;
    if (!step(detector, rows, rate_of(detector, ONLINE_RATE_ADAM, ONLINE_RATE_MOMENTUM), w, &loss))
        learned->rolled_back = 1;
    learned->loss_reconstruction = loss.reconstruction;
    learned->loss_contractive = loss.contractive;

    flinch__normalizer_refit(&detector->normalizer, *detector->tiles);
    if (*detector->tiles % WHITEN_TILES == 0)
        flinch__whitener_refresh(&detector->whitener, w->square);
}

static flinch_status learn(flinch_detector *detector, const flinch_tile *tile, void *scratch,
                           flinch_learned *out_learned) {
    workspace space;
    workspace *w = &space;
    cut(detector, scratch, w);
    *out_learned = (flinch_learned){0};
    if (!ready(detector))
        learn_warmup(detector, tile, w, out_learned);
    else if (detector->settings.learn)
        learn_online(detector, tile, w, out_learned);
    (*detector->tiles)++;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status explain(const flinch_detector *detector, const flinch_tile *tile,
                             uint32_t slots, void *scratch, flinch_share *out) {
    const size_t d = detector->settings.d;
    workspace space;
    workspace *w = &space;
    cut(detector, scratch, w);
    forward(detector, tile->values, w);
    float *by_feature = w->grad; /* at least d of it */
    for (uint32_t t = 0; t < T; t++) {
        if ((slots >> t & 1) == 0)
            continue;
        const float *r = w->pass.r + t * d;
        const float *z = w->pass.z + t * d;
        float squares = fmaxf(mean_square(r, d) * (float)d, 1e-30F);
        float sensitivity = fmaxf(w->pass.sensitivity[t], 1e-30F);
        flinch__cae_sensitivity_by_feature(&detector->cae, &w->pass, t, by_feature);
        for (uint32_t i = 0; i < d; i++) {
            out[t * d + i].expected =
                flinch__normalizer_invert(&detector->normalizer, i, z[i] - r[i]);
            out[t * d + i].error_share = r[i] * r[i] / squares;
            out[t * d + i].sensitivity_share = by_feature[i] / sensitivity;
        }
    }
    return flinch_status_of(FLINCH_OK);
}

static const void *extension(const char *id) {
    static const flinch_explain_api EXPLAIN = {.size = sizeof EXPLAIN, .explain = explain};
    return strcmp(id, FLINCH_EXPLAIN_EXTENSION) == 0 ? &EXPLAIN : NULL;
}

const flinch_detector_api *flinch__cae_detector(void) {
    static const flinch_detector_api API = {
        .size = sizeof API,
        .id = "cae",
        .version = CAE_VERSION,
        .create = flinch__cae_state_new,
        .destroy = flinch__cae_state_free,
        .scratch_bytes = scratch_bytes,
        .ready = ready,
        .score = score,
        .learn = learn,
        .saved_bytes = flinch__cae_state_saved_bytes,
        .save = flinch__cae_state_save,
        .load = flinch__cae_state_load,
        .extension = extension,
    };
    return &API;
}
