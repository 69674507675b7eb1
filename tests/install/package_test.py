#!/usr/bin/env python3
"""The installed package as a stranger uses it: a C program that knows libflinch by find_package or by
pkg-config alone, from a prefix that the build did not know.

    FLINCH_BUILD=build/release python3 tests/install/package_test.py
"""
import os
import re
import shlex
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EMBEDDER = os.path.join(HERE, "embedder")
BUILD = os.path.abspath(os.environ.get("FLINCH_BUILD", os.path.join(ROOT, "build", "release")))
CC = os.environ.get("CC", "cc")


def run(*command, **environment):
    """Standard output of a command that must succeed."""
    done = subprocess.run(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=120)
    if done.returncode:
        raise AssertionError(f"{shlex.join(command)} → {done.returncode}\n{done.stdout}")
    return done.stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="flinch-install-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.prefix = os.path.join(folder.name, "prefix")
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.lib = os.path.dirname(cls.installed("libflinch.so"))

    @classmethod
    def installed(cls, name):
        """Where a file of this name was installed."""
        for folder, _, names in os.walk(cls.prefix):
            if name in names:
                return os.path.join(folder, name)
        raise AssertionError(f"{name} was not installed")

    def finds_the_anomaly(self, program):
        printed = run(program, LD_LIBRARY_PATH=self.lib)
        match = re.fullmatch(r"score (\d+\.\d+) anomaly 1\n", printed)
        self.assertTrue(match, printed)
        self.assertGreater(float(match.group(1)), 3)

    def by_pkg_config(self, *options):
        program = os.path.join(self.folder, "embedder" + "".join(options))
        path = os.path.join(self.lib, "pkgconfig")
        flags = run("pkg-config", *options, "--cflags", "--libs", "flinch", PKG_CONFIG_PATH=path)
        self.assertIn(self.prefix, flags)
        run(CC, "-std=c17", os.path.join(EMBEDDER, "embedder.c"), "-o", program, *shlex.split(flags))
        return program

    def test_a_project_finds_it_with_cmake_shared_and_static(self):
        build = os.path.join(self.folder, "build")
        run("cmake", "-S", EMBEDDER, "-B", build, "-G", "Ninja",
            f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        for kind in ("shared", "static"):
            with self.subTest(kind):
                self.finds_the_anomaly(os.path.join(build, f"embedder_{kind}"))

    def test_another_major_version_is_not_found(self):
        text = "find_package(flinch 1.0 QUIET)\nif(flinch_FOUND)\n  message(FATAL_ERROR found)\nendif()\n"
        project = os.path.join(self.folder, "newer")
        os.makedirs(project)
        with open(os.path.join(project, "CMakeLists.txt"), "w", encoding="ascii") as f:
            f.write("cmake_minimum_required(VERSION 3.24)\nproject(newer LANGUAGES C)\n" + text)
        run("cmake", "-S", project, "-B", project, "-G", "Ninja",
            f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_a_compiler_finds_it_with_pkg_config(self):
        self.finds_the_anomaly(self.by_pkg_config())

    def test_a_compiler_links_it_statically_with_pkg_config(self):
        self.finds_the_anomaly(self.by_pkg_config("--static"))

    def test_the_shared_library_shows_its_public_names_alone(self):
        names = run("nm", "-D", "--defined-only", os.path.join(self.lib, "libflinch.so"))
        strangers = [line for line in names.splitlines()
                     if not re.search(r" flinch_[a-z]+(_[a-z]+)*$", line)]
        self.assertEqual([], strangers)

    def test_the_program_and_its_example_are_there_and_agree(self):
        example = self.installed("config.example.yaml")
        self.assertEqual(run(os.path.join(BUILD, "flinch"), "version"),
                         run(self.installed("flinch"), "version"))
        run(self.installed("flinch"), "check", example)

    def test_program_and_library_are_hardened(self):
        for name in ("flinch", "libflinch.so"):
            with self.subTest(name):
                told = run("readelf", "-hldW", self.installed(name))
                self.assertRegex(told, r"Type: +DYN ")
                self.assertIn("GNU_RELRO", told)
                self.assertRegex(told, r"FLAGS.*\b(BIND_NOW|NOW)\b")
                self.assertRegex(told, r"GNU_STACK.* RW  ")


if __name__ == "__main__":
    unittest.main()
