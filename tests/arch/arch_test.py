#!/usr/bin/env python3
"""Shows that the checks of this folder bite: each is given a small tree that breaks one rule."""
import os
import runpy
import tempfile
import unittest

import documents
import mutants
import rooms
import sizes
import sources
import words


def complaints(check, path, content):
    with tempfile.TemporaryDirectory() as root:
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(content)
        return check(root)


class Rooms(unittest.TestCase):
    def allowed(self, path, line):
        self.assertEqual([], complaints(rooms.check, path, line + "\n"))

    def refused(self, path, line):
        found = complaints(rooms.check, path, "/* first */\n" + line + "\n")
        self.assertEqual(1, len(found), found)
        self.assertTrue(found[0].startswith(path + ":2: "), found)

    def test_each_room_may_include_what_the_table_says(self):
        self.allowed("model/a.c", '#include "flinch/tile.h"')
        self.allowed("model/a.c", "#include <cblas.h>")
        self.allowed("consumer/a.c", '#include "model/stream.h"')
        self.allowed("consumer/a.c", "#include <librdkafka/rdkafka.h>")
        self.allowed("schemas/a.c", "#include <avro/schema.h>")
        self.allowed("plugin/host/a.c", "#include <libfyaml.h>")
        self.allowed("tests/model/a_test.c", "#include <cmocka.h>")

    def test_a_room_may_not_include_a_room_above_it(self):
        self.refused("model/a.c", '#include "schemas/plan.h"')
        self.refused("schemas/a.c", '#include "consumer/worker.h"')
        self.refused("consumer/a.c", '#include "plugin/host/config.h"')
        self.refused("plugin/include/flinch/a.h", '#include "model/stream.h"')
        self.refused("plugin/host/a.c", '#include "tests/support/unit.h"')

    def test_the_consumer_sees_of_the_model_only_the_stream(self):
        self.refused("consumer/a.c", '#include "model/cae.h"')

    def test_libraries_stay_in_their_room(self):
        self.refused("model/a.c", "#include <librdkafka/rdkafka.h>")
        self.refused("schemas/a.c", "#include <librdkafka/rdkafka.h>")
        self.refused("consumer/a.c", "#include <avro.h>")
        self.refused("consumer/a.c", "#include <cblas.h>")
        self.refused("plugin/host/a.c", "#include <avro.h>")
        self.refused("schemas/a.c", "#include <cmocka.h>")

    def test_the_model_sees_no_clock_no_thread_and_no_system(self):
        self.refused("model/a.c", "#include <time.h>")
        self.refused("model/a.c", "#include <pthread.h>")
        self.refused("model/a.c", "#include <sys/stat.h>")

    def test_the_public_headers_need_only_the_bare_language(self):
        self.refused("plugin/include/flinch/a.h", "#include <stdio.h>")

    def test_ways_around_are_refused(self):
        self.refused("model/a.c", '#  include "../schemas/plan.h"')
        self.refused("model/a.c", '#include "model/../schemas/plan.h"')
        self.refused("model/a.c", "#include WHAT")


class Words(unittest.TestCase):
    def refused(self, path, line):
        found = complaints(words.check, path, line + "\n")
        self.assertEqual(1, len(found), found)

    def test_words_that_break_a_promise_are_refused(self):
        self.refused("model/a.c", "double t = time(NULL);")
        self.refused("model/a.c", "clock_gettime(CLOCK_REALTIME, &t);")
        self.refused("model/a.c", "pthread_mutex_t lock;")
        self.refused("schemas/a.c", 'printf("x");')
        self.refused("consumer/a.c", "exit(1);")
        self.refused("plugin/host/a.c", "static __thread int x;")
        self.refused("tests/model/a_test.c", "usleep(100);")
        self.refused("tests/model/a_test.c", '#include "model/cae.c"')
        self.refused("model/CMakeLists.txt", "add_compile_options(-ffast-math)")
        self.refused("tests/CMakeLists.txt", "add_link_options(-Wl,--wrap=malloc)")

    def test_comments_strings_and_longer_names_are_left_alone(self):
        for line in ("/* never time() */", 'x = "printf(";', "snprintf(b, n, f);",
                     "run_time(x);", "record_time(x);"):
            self.assertEqual([], complaints(words.check, "model/a.c", line + "\n"), line)
        self.assertEqual([], complaints(words.check, "model/CMakeLists.txt", "# no -ffast-math\n"))


def function(lines):
    return "static int\nlong_one(int a,\n         int b) {\n" + "    f();\n" * (lines - 4) + "}\n"


class Sizes(unittest.TestCase):
    def test_a_function_of_70_lines_passes_and_one_of_71_fails(self):
        self.assertEqual([], complaints(sizes.check, "model/a.c", function(70)))
        found = complaints(sizes.check, "tests/model/a_test.c", "int x;\n\n" + function(71))
        self.assertEqual(
            ["tests/model/a_test.c:3: long_one has 71 lines, 70 at most"], found)

    def test_a_file_of_500_lines_passes_and_one_of_501_fails(self):
        self.assertEqual([], complaints(sizes.check, "model/a.h", "int x;\n" * 500))
        self.assertEqual(["model/a.h: 501 lines, 500 at most"],
                         complaints(sizes.check, "model/a.h", "int x;\n" * 501))

    def test_tables_structs_and_comments_are_no_functions(self):
        source = ('extern "C" {\n' + "/* f(x) {\n" + " * y\n" * 80 + " */\n"
                  "static const int table[] = {\n" + "    f(1),\n" * 80 + "};\n"
                  "typedef struct s {\n" + "    int (*f)(int);\n" * 80 + "} s;\n"
                  "int g(void) {\n    return 1;\n}\n}\n")
        self.assertEqual(["g"], [name for name, _, _ in sizes.functions(source)])

    def test_functions_are_found_one_after_the_other(self):
        source = "#define F(x) do {\\\n  g(x);\\\n} while (0)\nint a(void) {\n}\n\nint b(int x) {\n    if (x) {\n    }\n}\n"
        self.assertEqual([("a", 4, 2), ("b", 7, 4)], sizes.functions(source))


class Documents(unittest.TestCase):
    def found(self, line):
        return complaints(documents.check, "model/README.md", line + "\n")

    def test_what_is_there_may_be_named(self):
        for line in ("`model/README.md`, `model/*.md`", "[it](README.md)", "[web](https://a/b)",
                     "[below](#below)", "`modeller/x`", "```\n`model/none.c`\n```"):
            self.assertEqual([], self.found(line), line)

    def test_a_path_a_link_and_a_function_that_are_not_there_are_named(self):
        self.assertEqual(["model/README.md:2: names model/none.c, which is not there"],
                         self.found("#\n`model/none.c`"))
        self.assertEqual(["model/README.md:1: link to ../none.md, which is not there"],
                         self.found("[it](../none.md)"))
        self.assertEqual(["model/README.md:1: names none, which is not in model/README.md"],
                         self.found("`model/README.md : none`"))

    def test_a_readme_of_120_lines_passes_and_one_of_121_fails(self):
        self.assertEqual([], self.found("x\n" * 119))
        self.assertEqual(["model/README.md: 121 lines, 120 at most"], self.found("x\n" * 120))


class Mutants(unittest.TestCase):
    CATALOGUE = os.path.join(sources.ROOT, "tests/mutants/catalogue.py")

    def found(self, source):
        with tempfile.TemporaryDirectory() as root:
            for path, text in (("model/a.c", source), ("tests/model/a_test.c", "")):
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                    f.write(text)
            names = runpy.run_path(self.CATALOGUE)
            edits = (("model/a.c", "a + 1", "a"), ("model/a.c", "b + 1", "b"))
            return names["check"](root, (names["Mutant"]("m", "", edits, ("model/a",)),))

    def test_a_mutant_that_fits_passes_and_one_that_does_not_is_named(self):
        self.assertEqual([], self.found("a + 1; b + 1;"))
        self.assertEqual(["mutant m: its text stands 0 times in model/a.c: b + 1"],
                         self.found("a + 1; b + 2;"))
        self.assertEqual(["mutant m: its text stands 2 times in model/a.c: a + 1"],
                         self.found("a + 1; a + 1; b + 1;"))

    def test_all_of_ours_are_looked_at(self):
        self.assertEqual([], mutants.check(sources.ROOT))


if __name__ == "__main__":
    unittest.main()
