"""Sets of labeled streams: where they are, one run of the program over one of them, and means."""
import collections
import concurrent.futures
import glob
import json
import os
import statistics
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OWN = os.path.join(HERE, "data")
RECORDED = os.path.join(HERE, "recorded.json")
MEASURES = ("roc_auc", "average_precision", "best_f1", "alarm_rate", "false_alarm_rate")

# The sets that count in the means, and under which name. What stands in no group is shown alone.
GROUPS = {
    "public": ("breastw", "cardio", "donors", "http", "ionosphere", "kddatk", "mammography",
               "optdigits", "pendigits", "satellite", "shuttle", "skab_v1", "syn", "thyroid"),
    "drift": ("drift_gradual", "drift_recurring", "drift_sudden"),
}

Run = collections.namedtuple("Run", "set seed path")


def program():
    return os.environ.get("FLINCH", os.path.join(ROOT, "build", "release", "flinch"))


def find(folders):
    """Name of each set → its files, in order; of two folders with the same set the first counts."""
    sets = {}
    for folder in folders:
        for path in sorted(glob.glob(os.path.join(folder, "*", "*.csv.gz"))):
            name = os.path.basename(os.path.dirname(path))
            files = sets.setdefault(name, [])
            if not files or os.path.dirname(files[0]) == os.path.dirname(path):
                files.append(path)
    return sets


def options_of(name):
    """What a set needs beside its label: categories are named in a file beside this one."""
    config = os.path.join(HERE, name + ".yaml")
    return ("--config", config) if os.path.exists(config) else ()


def evaluate(run, settings=()):
    """The measures of one file with one seed. `settings` are KEY=VALUE."""
    command = [program(), "eval", run.path, "--label", "label", "--seed", str(run.seed), "--json",
               *options_of(run.set)]
    for setting in settings:
        command += ["--set", setting]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def measure(sets, seeds, settings=()):
    """Set → measure → one value a seed: the mean over the set's files. As many runs at once as there
    are processors; the longest begin first."""
    runs = [Run(name, seed, path) for name in sets for seed in seeds for path in sets[name]]
    runs.sort(key=lambda run: -os.path.getsize(run.path))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda run: evaluate(run, settings), runs))
    found = {name: {m: [] for m in MEASURES} for name in sets}
    for name in sets:
        for seed in seeds:
            of_seed = [result for run, result in zip(runs, results, strict=True)
                       if run.set == name and run.seed == seed]
            for m in MEASURES:
                found[name][m].append(statistics.fmean(result[m] for result in of_seed))
    return found


def spread(values):
    return statistics.stdev(values) if len(values) > 1 else 0.0


def group_means(found, names, m):
    """The mean over sets, one value a seed."""
    return [statistics.fmean(values) for values in zip(*(found[name][m] for name in names),
                                                       strict=True)]


def recorded():
    with open(RECORDED, encoding="utf-8") as f:
        return json.load(f)


def record(found, seeds):
    """What lies in recorded.json: every value, so that means and spreads of any choice of sets and
    seeds can be had from it."""
    sets = {name: {m: [round(value, 5) for value in found[name][m]] for m in MEASURES}
            for name in sorted(found)}
    lines = [f'    "{name}": {json.dumps(sets[name])}' for name in sets]
    with open(RECORDED, "w", encoding="utf-8") as f:
        f.write('{\n  "seeds": %s,\n  "sets": {\n%s\n  }\n}\n' %
                (json.dumps(list(seeds)), ",\n".join(lines)))
