"""Certificates of a test's own, and a broker that lets in who has a password or a certificate.

    authority = secured.Authority(folder)
    broker = place.start(secured.Broker)    has an authority of its own

Tools speak to the broker in plain text and may do everything. Whoever comes over TLS may do what
`may_all` or the test's access lists allow.
"""
import os
import subprocess
import tempfile

import admin
import parts
import stage

USER, PASSWORD = "flinch-user", "Canary-scram-7f3a91"
CLIENT = "flinch-client"  # the name in the client's certificate
SERVER = "127.0.0.1"  # a bare machine may not know the name localhost


class Authority:
    """Makes certificates that only those trust who know its own."""

    def __init__(self, folder, name="authority"):
        self._folder = tempfile.mkdtemp(prefix=f"{name}-", dir=folder)
        self.key, self.certificate = self._paths(name)
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-days", "2", "-subj", f"/CN={name}",
                      "-keyout", self.key, "-out", self.certificate)

    def _paths(self, name):
        return [os.path.join(self._folder, f"{name}.{end}") for end in ("key", "pem")]

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def issue(self, name, password=None):
        """(certificate, key) for a name; the key under a password if one is given."""
        key, certificate = self._paths(name)
        request = certificate + ".request"
        names = os.path.join(self._folder, "names")
        with open(names, "w", encoding="ascii") as f:
            f.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                      "-CAcreateserial", "-days", "2", "-extfile", names, "-out", certificate)
        if password:
            plain, key = key, key + ".locked"
            self._openssl("pkcs8", "-topk8", "-in", plain, "-out", key, "-passout",
                          f"pass:{password}")
        return certificate, key

    def keystore(self, name):
        """Key and certificate in one file, as Kafka reads them."""
        certificate, key = self.issue(name)
        path = certificate + ".keystore"
        with open(path, "wb") as out:
            for part in (key, certificate, self.certificate):
                with open(part, "rb") as f:
                    out.write(f.read())
        return path


class Broker(parts.Broker):
    """With a listener for SASL_SSL (SCRAM-SHA-512), and one that asks for a client certificate. Of a
    version that takes SCRAM from librdkafka before 2.6.1, too."""
    jars, pom = "kafka-3.9", "pom-kafka-3.9.xml"

    def __init__(self, folder):
        self.authority = Authority(folder)
        self._store = self.authority.keystore(SERVER)
        self._scram, self._mutual = parts.free_ports(2)
        self.scram_address = f"{SERVER}:{self._scram}"
        self.mutual_address = f"{SERVER}:{self._mutual}"
        super().__init__(folder)

    def format_options(self):
        return ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"]

    def _settings(self):
        replaced = ("listeners=", "advertised.listeners=")
        kept = [line for line in super()._settings().splitlines() if not line.startswith(replaced)]
        listeners = ",".join([f"PLAINTEXT://{self.address}", f"SCRAM://{self.scram_address}",
                              f"MUTUAL://{self.mutual_address}"])
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return "\n".join([
            *kept,
            f"listeners={listeners},CONTROLLER://127.0.0.1:{self._controller}",
            f"advertised.listeners={listeners}",
            "listener.security.protocol.map="
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_SSL,MUTUAL:SSL",
            "sasl.enabled.mechanisms=SCRAM-SHA-512",
            f"listener.name.scram.scram-sha-512.sasl.jaas.config={scram}",
            "listener.name.mutual.ssl.client.auth=required",
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={self._store}",
            "ssl.truststore.type=PEM",
            f"ssl.truststore.location={self.authority.certificate}",
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:ANONYMOUS",
            ""])

    def may_all(self, name):
        """Whoever has this name may do everything with topics, groups and transactions."""
        for resource in (admin.TOPIC, admin.GROUP, admin.TRANSACTIONAL_ID):
            admin.allow(self, name, resource)

    def with_password(self, password_file, user=USER):
        """The settings of flinch that use the SCRAM listener."""
        return {
            "bootstrap.servers": self.scram_address,
            "broker.address.family": "v4",
            "security.protocol": "sasl_ssl",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": f"${{file:{password_file}}}",
            "ssl.ca.location": self.authority.certificate,
        }

    def with_certificate(self, pair, password_file=None):
        """The settings of flinch that use the listener for certificates."""
        locked = {"ssl.key.password": f"${{file:{password_file}}}"} if password_file else {}
        return {
            "bootstrap.servers": self.mutual_address,
            "broker.address.family": "v4",
            "security.protocol": "ssl",
            "ssl.certificate.location": pair[0],
            "ssl.key.location": pair[1],
            "ssl.ca.location": self.authority.certificate,
            **locked,
        }


def configuration(place, topic, kafka, registry, extra=(), name=None):
    """Writes a configuration with the settings of flinch given for Kafka and the registry; its path."""
    name = name or topic
    lines = ["kafka:", *(f'  {key}: "{value}"' for key, value in kafka.items()),
             "registry:", *(f'  {key}: "{value}"' for key, value in registry.items()),
             f"input: {{topic: {topic}, group: {name}-flinch, instance: {name}, start: earliest, "
             "backlog: score}",
             "http: {listen: none}",
             "log: {level: debug}",
             *extra,
             "features:", *(f"  - {feature}" for feature in stage.features()), ""]
    return place.write(name + ".yaml", "\n".join(lines).encode())
