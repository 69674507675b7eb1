#include "plugin/host/eval_report.h"

#include <inttypes.h>
#include <math.h>

/* JSON has no NaN. */
static void json_number(FILE *out, const char *name, double value) {
    if (isnan(value))
        fprintf(out, ", \"%s\": null", name);
    else
        fprintf(out, ", \"%s\": %.6g", name, value);
}

static void print_json(const flinch__eval_report *report, FILE *out) {
    const flinch__measures *m = &report->measures;
    double none = (double)NAN;
    fprintf(out,
            "{\"records\": %" PRIu64 ", \"scored\": %" PRIu64 ", \"labeled\": %" PRIu64
            ", \"anomalies\": %" PRIu64 ", \"hits\": %" PRIu64,
            report->records, m->scored, m->positives, m->anomalies, m->hits);
    json_number(out, "roc_auc", m->roc_auc);
    json_number(out, "average_precision", m->average_precision);
    json_number(out, "best_f1", m->best_f1);
    json_number(out, "best_f1_score", m->best_f1_score);
    json_number(out, "alarm_rate", m->scored > 0 ? m->alarm_rate : none);
    json_number(out, "alarm_rate_stated", report->alarm_rate);
    json_number(out, "false_alarm_rate", m->scored > m->positives ? m->false_rate : none);
    fprintf(out, ", \"seed\": %" PRIu64, report->seed);
    json_number(out, "records_per_second", report->records_per_second);
    fputs("}\n", out);
}

static void print_measures(const flinch__measures *m, FILE *out) {
    if (m->positives == 0 || m->positives == m->scored) {
        fprintf(out, "ROC-AUC            undefined: no scored record is labeled %s\n",
                m->positives == 0 ? "an anomaly" : "normal");
        return;
    }
    fprintf(out, "ROC-AUC            %.4f\n", m->roc_auc);
    fprintf(out, "average precision  %.4f\n", m->average_precision);
    fprintf(out, "best F1            %.4f, if scores from %.3f on were alarms\n", m->best_f1,
            m->best_f1_score);
}

static void print_text(const flinch__eval_report *report, FILE *out) {
    const flinch__measures *m = &report->measures;
    fprintf(out,
            "%" PRIu64 " records (%.0f/s): %" PRIu64 " start the model, %" PRIu64
            " scored, %" PRIu64 " of them labeled anomalies\n",
            report->records, report->records_per_second, report->start, m->scored, m->positives);
    if (report->unlabeled > 0)
        fprintf(out, "%" PRIu64 " have no label: learned from, and not judged\n",
                report->unlabeled);
    if (m->scored == 0) {
        fputs("nothing is left to judge\n", out);
        return;
    }
    print_measures(m, out);
    fprintf(out, "alarms             %" PRIu64 ": a rate of %.3g, %.3g stated; %" PRIu64 " false\n",
            m->anomalies, m->alarm_rate, report->alarm_rate, m->anomalies - m->hits);
}

void flinch__eval_report_print(const flinch__eval_report *report, bool json, FILE *out) {
    if (json)
        print_json(report, out);
    else
        print_text(report, out);
}
