"""What an administrator does to a broker, in Kafka's own protocol: moved offsets, deleted records and
topics, changed settings, access lists. Only requests that need no flexible encoding.
"""
import socket
import struct

ALL, READ, WRITE, CREATE, DESCRIBE = 2, 3, 4, 5, 8  # operations
TOPIC, GROUP, TRANSACTIONAL_ID = 2, 3, 5  # resources
_ALLOW, _LITERAL, _SET = 3, 3, 0
_ANY_NAME, _ANY_HOST = "*", "*"
_TIMEOUT_MS = 20000
_OFFSET_COMMIT, _DELETE_TOPICS, _DELETE_RECORDS = 8, 20, 21
_CREATE_ACLS, _DELETE_ACLS, _INCREMENTAL_ALTER_CONFIGS = 30, 31, 44


def _text(value):
    return struct.pack(">h", -1) if value is None else (
        struct.pack(">h", len(value.encode())) + value.encode())


def _list(items):
    return struct.pack(">i", len(items)) + b"".join(items)


def _ask(broker, key, version, body):
    """The body of the answer."""
    request = struct.pack(">hhi", key, version, 1) + _text("e2e-admin") + body
    with socket.create_connection(("127.0.0.1", broker.port), 30) as s, s.makefile("rb") as answer:
        s.sendall(struct.pack(">i", len(request)) + request)
        size, = struct.unpack(">i", answer.read(4))
        return answer.read(size)[4:]


def _check(what, error):
    if error:
        raise RuntimeError(f"{what}: error {error} of Kafka's protocol")


def move_offset(broker, group, topic, partition, offset):
    """Commits an offset for a group that has no members."""
    partitions = _list([struct.pack(">iq", partition, offset) + _text("")])
    body = (_text(group) + struct.pack(">i", -1) + _text("") + struct.pack(">q", -1) +
            _list([_text(topic) + partitions]))
    answer = _ask(broker, _OFFSET_COMMIT, 2, body)
    _check(f"offset of {topic}", struct.unpack(">h", answer[-2:])[0])


def delete_records(broker, topic, partition, before):
    """Deletes the records before an offset, as retention does."""
    body = (_list([_text(topic) + _list([struct.pack(">iq", partition, before)])]) +
            struct.pack(">i", _TIMEOUT_MS))
    answer = _ask(broker, _DELETE_RECORDS, 1, body)
    _check(f"records of {topic}", struct.unpack(">h", answer[-2:])[0])


def delete_topic(broker, topic):
    answer = _ask(broker, _DELETE_TOPICS, 1, _list([_text(topic)]) + struct.pack(">i", _TIMEOUT_MS))
    _check(f"delete {topic}", struct.unpack(">h", answer[-2:])[0])


def set_topic(broker, topic, name, value):
    """Changes one setting of a topic."""
    entry = _text(name) + struct.pack(">b", _SET) + _text(value)
    resource = struct.pack(">b", TOPIC) + _text(topic) + _list([entry])
    answer = _ask(broker, _INCREMENTAL_ALTER_CONFIGS, 0, _list([resource]) + b"\0")
    _check(f"{name} of {topic}", struct.unpack_from(">h", answer, 8)[0])


def _entry(user, resource, name, operation):
    return (struct.pack(">b", resource) + _text(name) + struct.pack(">b", _LITERAL) +
            _text(f"User:{user}") + _text(_ANY_HOST) + struct.pack(">bb", operation, _ALLOW))


def allow(broker, user, resource, name=_ANY_NAME, operation=ALL):
    answer = _ask(broker, _CREATE_ACLS, 1, _list([_entry(user, resource, name, operation)]))
    _check(f"access of {user}", struct.unpack_from(">h", answer, 8)[0])


def disallow(broker, user, resource, name=_ANY_NAME, operation=ALL):
    """Takes back what was allowed in the same words."""
    answer = _ask(broker, _DELETE_ACLS, 1, _list([_entry(user, resource, name, operation)]))
    _check(f"access of {user}", struct.unpack_from(">h", answer, 8)[0])
