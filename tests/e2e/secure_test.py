#!/usr/bin/env python3
"""Connections that are encrypted and authenticated: flinch scores through SASL_SSL with SCRAM, through
mutual TLS, and with a registry over TLS that asks for a password. Who has the wrong password, or
trusts the wrong authority, is told so. No secret shows anywhere.

    python3 tests/e2e/secure_test.py
"""
import concurrent.futures
import glob
import os
import re

import front
import secured
import stage
from parts import Registry

PARTITIONS = 2
RECORDS = 400
SECONDS = 60
REGISTRY_USER, REGISTRY_PASSWORD = "registry-user", "Canary-registry-2c8e55"
KEY_PASSWORD = "Canary-key-b1d640"
WRONG_PASSWORD = "Canary-wrong-90ae17"
SECRETS = (secured.PASSWORD, REGISTRY_PASSWORD, KEY_PASSWORD, WRONG_PASSWORD)


class SecureTest(stage.Case):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.start(secured.Broker)
        cls.inner = cls.start(Registry)
        cls.broker.may_all(secured.USER)
        cls.broker.may_all(f"CN={secured.CLIENT}")
        cls.registry = front.Front(cls.inner, cls.broker.authority.issue(secured.SERVER),
                                   (REGISTRY_USER, REGISTRY_PASSWORD))
        cls.registry.start()
        cls.addClassCleanup(cls.registry.stop)
        cls.files = {name: cls.place.write(name, secret.encode() + b"\n") for name, secret in (
            ("scram", secured.PASSWORD), ("registry", REGISTRY_PASSWORD), ("key", KEY_PASSWORD),
            ("wrong", WRONG_PASSWORD))}
        cls.wrong = f"${{file:{cls.files['wrong']}}}"
        cls.pair = cls.broker.authority.issue(secured.CLIENT, KEY_PASSWORD)
        cls.stranger = secured.Authority(cls.place.folder, "stranger")
        cls.schema, records = stage.kdd99()
        cls.records = records[:RECORDS]
        cls.printed = []  # by all verbs

    def prepare(self, topic):
        """A topic with records."""
        schema_id = self.registry.register(f"{topic}-value", self.schema)
        stage.create_topic(self.broker, topic, PARTITIONS)
        stage.produce(self.broker, topic, [
            stage.message(i % PARTITIONS, i, r.service.encode(), stage.framed(schema_id, r.data))
            for i, r in enumerate(self.records)])

    def with_registry(self, **changes):
        return {"url": self.registry.url, "timeout": "5s", "user": REGISTRY_USER,
                "password": f"${{file:{self.files['registry']}}}",
                "ca.file": self.broker.authority.certificate, **changes}

    def with_password(self, **changes):
        return {**self.broker.with_password(self.files["scram"]), **changes}

    def with_certificate(self, **changes):
        return {**self.broker.with_certificate(self.pair, self.files["key"]), **changes}

    def configure(self, topic, kafka, registry=None):
        return secured.configuration(self.place, topic, kafka, registry or self.with_registry())

    def check(self, settings):
        """`flinch check --online`: what it ends with, and what it prints."""
        code, text = stage.flinch("check", "--online", settings)
        self.printed.append(text)
        return code, text

    # ---- what is right ---------------------------------------------------------------------------

    def scores_through(self, topic, kafka):
        self.prepare(topic)
        settings = self.configure(topic, kafka)
        flinch = self.run_flinch(topic, settings)
        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)
        self.assertEqual(flinch.terminate(), 0)
        self.assertEqual(len(stage.read(self.broker, f"{topic}.scores")), RECORDS)
        self.assertEqual(stage.read(self.broker, f"{topic}.dlq"), [])
        code, text = self.check(settings)
        self.assertEqual(code, stage.EX_OK, text)

    def test_scores_through_scram(self):
        self.scores_through("scram", self.with_password())

    def test_scores_through_mutual_tls(self):
        self.scores_through("mutual", self.with_certificate())

    # ---- what is wrong ---------------------------------------------------------------------------

    def strangers(self):
        """Those whom the broker or we do not let in: (settings, what is said of it)."""
        bare = self.with_certificate()
        for name in ("ssl.certificate.location", "ssl.key.location", "ssl.key.password"):
            del bare[name]
        certificate, key = self.stranger.issue(secured.CLIENT, KEY_PASSWORD)
        return {
            "password": (self.with_password(**{"sasl.password": self.wrong}),
                         "Authentication failed.*invalid credentials"),
            "authority": (self.with_password(**{"ssl.ca.location": self.stranger.certificate}),
                          "certificate verify failed"),
            "bare": (bare, "certificate required|bad certificate"),
            "other": (self.with_certificate(**{"ssl.certificate.location": certificate,
                                               "ssl.key.location": key}),
                      "certificate unknown|unknown ca|bad certificate"),
        }

    def test_who_is_not_let_in_is_told_why(self):
        cases = self.strangers()
        settings = {topic: self.configure(topic, kafka) for topic, (kafka, _) in cases.items()}
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            checks = {topic: pool.submit(self.check, settings[topic]) for topic in cases}
            for topic, (_, pattern) in cases.items():
                flinch = self.run_flinch(topic, settings[topic])
                flinch.wait_said(re.compile(pattern), SECONDS)
                self.assertEqual(flinch.terminate(), 0, topic)
                self.assertEqual(flinch.figures()["scored"], 0, topic)
        for topic, (_, pattern) in cases.items():
            code, text = checks[topic].result()
            self.assertEqual(code, stage.EX_UNAVAILABLE, text)
            self.assertRegex(text, pattern)
            self.assertIn("kafka.bootstrap.servers", text)

    def test_a_wrong_password_of_the_key(self):
        topic = "locked"
        settings = self.configure(topic, self.with_certificate(**{"ssl.key.password": self.wrong}))
        code, text = self.check(settings)
        self.assertNotEqual(code, stage.EX_OK)
        self.assertIn("ssl.key.location", text)
        flinch = self.run_flinch(topic, settings)
        self.assertNotEqual(flinch.popen.wait(SECONDS), 0)
        self.assertIn("ssl.key.location", flinch.output())

    def test_a_registry_that_refuses_our_password(self):
        topic = "registry-password"
        settings = self.configure(topic, self.with_password(),
                                  self.with_registry(password=self.wrong))
        flinch = self.run_flinch(topic, settings)

        self.assertEqual(flinch.popen.wait(SECONDS), stage.EX_UNAVAILABLE)
        self.assertRegex(flinch.output(), r"registry\.url.*HTTP 401: who are you\?")
        code, text = self.check(settings)
        self.assertEqual(code, stage.EX_UNAVAILABLE)
        self.assertRegex(text, r"registry\.url.*HTTP 401")

    def test_a_registry_of_an_authority_that_we_do_not_trust(self):
        topic = "registry-authority"
        settings = self.configure(topic, self.with_password(), self.with_registry(
            **{"ca.file": self.stranger.certificate}))
        flinch = self.run_flinch(topic, settings)
        flinch.wait_said(re.compile(r"registry\.url.*certificate"), SECONDS)
        code, text = self.check(settings)

        self.assertEqual(code, stage.EX_UNAVAILABLE)
        self.assertRegex(text, r"registry\.url.*certificate")
        self.assertEqual(flinch.terminate(), 0)

    # ---- what must not show ----------------------------------------------------------------------

    def test_mistakes_in_the_configuration_show_no_secret(self):
        """Secrets where they do not belong, and in a line that cannot be read."""
        wrong = self.wrong
        for kafka, registry in (
                ({"security.protocol": wrong}, {}), ({"ssl.ca.location": wrong}, {}),
                ({"session.timeout.ms": wrong}, {}), ({"compression.type": wrong}, {}),
                ({"debug": wrong}, {}), ({"sasl.pasword": wrong}, {}),
                ({"sasl.mechanism": wrong}, {}),
                ({}, {"timeout": wrong}), ({}, {"url": f"https://user:{WRONG_PASSWORD}@localhost"}),
                ({}, {"url": wrong}), ({}, {"passwort": wrong})):
            settings = self.configure("mistakes", self.with_password(**kafka),
                                      self.with_registry(**registry))
            code, text = self.check(settings)
            self.assertNotEqual(code, stage.EX_OK, (kafka, registry))
            self.printed.append(stage.flinch("run", "--config", settings)[1])
            self.assertNotIn(WRONG_PASSWORD, text, (kafka, registry))

    @classmethod
    def tearDownClass(cls):
        """Whatever the tests have made flinch say."""
        said = {f"verb {i}": text.encode() for i, text in enumerate(cls.printed)}
        for path in glob.glob(os.path.join(cls.place.folder, "*-flinch.log")):
            with open(path, "rb") as f:
                said[path] = f.read()
        for path, text in said.items():
            for secret in SECRETS:
                if secret.encode() in text:
                    raise AssertionError(f"{path} holds {secret}")


if __name__ == "__main__":
    stage.main()
