#include "tests/consumer/fake_registry.h"

#include "tests/support/unit.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/consumer/fixture.h"

/* Reads up to the blank line that ends a request without a body. */
static bool read_request(int peer, char *request, size_t capacity) {
    size_t used = 0;
    while (used + 1 < capacity) {
        ssize_t got = recv(peer, request + used, capacity - 1 - used, 0);
        if (got <= 0)
            return false;
        used += (size_t)got;
        request[used] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL)
            return true;
    }
    return false;
}

static void answer(int peer, const char *status, json_t *body) {
    char *text = json_dumps(body, JSON_COMPACT);
    char head[256];
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                        "Connection: close\r\n\r\n",
                        status, strlen(text));
    if (send(peer, head, (size_t)size, MSG_NOSIGNAL) == size)
        (void)!send(peer, text, strlen(text), MSG_NOSIGNAL);
    free(text);
    json_decref(body);
}

static void serve_one(fake_registry *registry, int peer) {
    char request[4096];
    static const char PATH[] = "GET /schemas/ids/";
    if (!read_request(peer, request, sizeof request))
        return;
    bool asks = strncmp(request, PATH, sizeof PATH - 1) == 0;
    long id = asks ? strtol(request + sizeof PATH - 1, NULL, 10) : 0;
    if (id == 2 && !atomic_load(&registry->answers_two))
        answer(peer, "503 Service Unavailable",
               json_pack("{s:i, s:s}", "error_code", 50301, "message", "later"));
    else if (id == 1 || id == 2 || (id == 3 && atomic_load(&registry->knows_three)))
        answer(peer, "200 OK", json_pack("{s:s}", "schema", FIXTURE_SCHEMA));
    else
        answer(peer, "404 Not Found",
               json_pack("{s:i, s:s}", "error_code", 40403, "message", "not found"));
}

static void *serve(void *context) {
    fake_registry *registry = context;
    for (;;) {
        int peer = accept(registry->listener, NULL, NULL);
        if (peer < 0)
            return NULL; /* closed */
        serve_one(registry, peer);
        close(peer);
    }
}

void fake_registry_open(fake_registry *registry) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    registry->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(registry->listener >= 0);
    assert_int_equal(bind(registry->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(registry->listener, 16), 0);
    assert_int_equal(getsockname(registry->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(registry->url, sizeof registry->url, "http://127.0.0.1:%u",
             (unsigned)ntohs(address.sin_port));
    atomic_store(&registry->answers_two, false);
    atomic_store(&registry->knows_three, false);
    assert_int_equal(pthread_create(&registry->thread, NULL, serve, registry), 0);
}

void fake_registry_close(fake_registry *registry) {
    shutdown(registry->listener, SHUT_RDWR);
    pthread_join(registry->thread, NULL);
    close(registry->listener);
}
