#include "tests/support/http_fixture.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROUTES = 64, PEM_BYTES = 8192, WHOLE = -1 };

static const char NOT_FOUND[] = "{\"error_code\":40403,\"message\":\"not found\"}";

typedef struct route {
    char *path;
    unsigned status;
    char *body;
    int manner; /* http_manner, or WHOLE */
    uint32_t count;
} route;

struct http_fixture {
    struct MHD_Daemon *daemon;
    char url[64];
    uint16_t port;
    char certificate[PEM_BYTES];
    char key[PEM_BYTES];
    pthread_mutex_t lock; /* over all below */
    pthread_cond_t stopped;
    bool stopping;
    route routes[MAX_ROUTES];
    size_t route_count;
    uint32_t requests;
    http_request last;
};

/* One request while it comes in. */
typedef struct exchange {
    http_request request;
    bool begun;
    size_t body_size;
} exchange;

/* An answer that is not sent as it should be. */
typedef struct broken {
    http_fixture *server;
    http_manner manner;
} broken;

enum { ANNOUNCED = 1000 };

static void *at_uri(void *context, const char *uri, struct MHD_Connection *connection) {
    (void)context;
    (void)connection;
    exchange *e = calloc(1, sizeof *e);
    if (e != NULL)
        snprintf(e->request.path, sizeof e->request.path, "%s", uri);
    return e;
}

static void at_end(void *context, struct MHD_Connection *connection, void **own,
                   enum MHD_RequestTerminationCode code) {
    (void)context;
    (void)connection;
    (void)code;
    free(*own);
    *own = NULL;
}

static route *route_of(http_fixture *server, const char *path) {
    for (size_t i = 0; i < server->route_count; i++)
        if (strcmp(server->routes[i].path, path) == 0)
            return &server->routes[i];
    return NULL;
}

static ssize_t send_broken(void *context, uint64_t position, char *out, size_t max) {
    broken *b = context;
    if (b->manner == HTTP_ENDLESS || position < ANNOUNCED / 2) {
        size_t size = max < ANNOUNCED / 2 ? max : ANNOUNCED / 2;
        memset(out, ' ', size);
        return (ssize_t)size;
    }
    pthread_mutex_lock(&b->server->lock);
    while (b->manner == HTTP_HANGS && !b->server->stopping)
        pthread_cond_wait(&b->server->stopped, &b->server->lock);
    pthread_mutex_unlock(&b->server->lock);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *broken_response(http_fixture *server, http_manner manner) {
    broken *b = malloc(sizeof *b);
    if (b == NULL)
        return NULL;
    *b = (broken){server, manner};
    uint64_t size = manner == HTTP_ENDLESS ? MHD_SIZE_UNKNOWN : ANNOUNCED;
    return MHD_create_response_from_callback(size, ANNOUNCED, send_broken, b, free);
}

/* Called with the lock held. */
static struct MHD_Response *response_of(http_fixture *server, const route *r) {
    if (r != NULL && r->manner != WHOLE)
        return broken_response(server, (http_manner)r->manner);
    const char *body = r == NULL ? NOT_FOUND : r->body;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), (void *)body, MHD_RESPMEM_MUST_COPY);
    if (response != NULL && r != NULL && r->status / 100 == 3)
        MHD_add_response_header(response, "Location", body);
    return response;
}

static enum MHD_Result answer(http_fixture *server, struct MHD_Connection *connection,
                              const http_request *request) {
    pthread_mutex_lock(&server->lock);
    server->requests++;
    server->last = *request;
    route *r = route_of(server, request->path);
    if (r == NULL)
        r = route_of(server, "*");
    if (r != NULL)
        r->count++;
    unsigned status = r == NULL ? MHD_HTTP_NOT_FOUND : r->status;
    struct MHD_Response *response = response_of(server, r);
    pthread_mutex_unlock(&server->lock);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static void note_header(struct MHD_Connection *connection, const char *name, char *out,
                        size_t capacity) {
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    snprintf(out, capacity, "%s", value == NULL ? "" : value);
}

/* Called once with the headers, then with each part of the body, then to answer. */
static enum MHD_Result at_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *part,
                                  size_t *part_size, void **own) {
    (void)url;
    (void)version;
    exchange *e = *own;
    if (e == NULL)
        return MHD_NO;
    http_request *request = &e->request;
    if (!e->begun) {
        e->begun = true;
        snprintf(request->method, sizeof request->method, "%s", method);
        note_header(connection, "Authorization", request->authorization,
                    sizeof request->authorization);
        note_header(connection, "Content-Type", request->type, sizeof request->type);
        return MHD_YES;
    }
    if (*part_size > 0) {
        size_t room = sizeof request->body - 1 - e->body_size;
        size_t size = *part_size < room ? *part_size : room;
        memcpy(request->body + e->body_size, part, size);
        e->body_size += size;
        *part_size = 0;
        return MHD_YES;
    }
    return answer(context, connection, request);
}

static void read_pem(const char *path, char out[PEM_BYTES]) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(out, 1, PEM_BYTES - 1, file) == 0)
        abort();
    fclose(file);
}

static void listen_on_loopback(http_fixture *server, bool tls) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION;
    struct MHD_OptionItem pem[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, server->key},
        {MHD_OPTION_END, 0, NULL},
    };
    server->daemon = MHD_start_daemon(
        flags | (tls ? MHD_USE_TLS : 0), 0, NULL, NULL, at_request, server, MHD_OPTION_SOCK_ADDR,
        &address, MHD_OPTION_URI_LOG_CALLBACK, at_uri, NULL, MHD_OPTION_NOTIFY_COMPLETED, at_end,
        NULL, MHD_OPTION_ARRAY, tls ? pem : pem + 2, MHD_OPTION_END);
    if (server->daemon == NULL)
        abort();
    server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

http_fixture *http_fixture_start(const char *certificate_file, const char *key_file) {
    bool tls = certificate_file != NULL && key_file != NULL;
    http_fixture *server = calloc(1, sizeof *server);
    if (server == NULL)
        abort();
    /* A proxy of this machine has no business on its loopback. */
    setenv("no_proxy", "*", 1);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->stopped, NULL);
    if (tls) {
        read_pem(certificate_file, server->certificate);
        read_pem(key_file, server->key);
    }
    listen_on_loopback(server, tls);
    snprintf(server->url, sizeof server->url, "%s://127.0.0.1:%u", tls ? "https" : "http",
             (unsigned)server->port);
    return server;
}

void http_fixture_stop(http_fixture *server) {
    if (server == NULL)
        return;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->stopped);
    pthread_mutex_unlock(&server->lock);
    MHD_stop_daemon(server->daemon);
    for (size_t i = 0; i < server->route_count; i++) {
        free(server->routes[i].path);
        free(server->routes[i].body);
    }
    pthread_cond_destroy(&server->stopped);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

const char *http_fixture_url(const http_fixture *server) {
    return server->url;
}

uint16_t http_fixture_port(const http_fixture *server) {
    return server->port;
}

static void set_route(http_fixture *server, const char *path, const route *wanted) {
    pthread_mutex_lock(&server->lock);
    route *r = route_of(server, path);
    if (r == NULL) {
        if (server->route_count == MAX_ROUTES)
            abort();
        r = &server->routes[server->route_count++];
        r->path = strdup(path);
    }
    free(r->body);
    r->status = wanted->status;
    r->body = strdup(wanted->body);
    r->manner = wanted->manner;
    pthread_mutex_unlock(&server->lock);
}

void http_fixture_answer(http_fixture *server, const char *path, unsigned status,
                         const char *body) {
    set_route(server, path, &(route){.status = status, .body = (char *)body, .manner = WHOLE});
}

void http_fixture_misbehave(http_fixture *server, const char *path, http_manner manner) {
    set_route(server, path, &(route){.status = MHD_HTTP_OK, .body = "", .manner = (int)manner});
}

uint32_t http_fixture_count(http_fixture *server, const char *path) {
    pthread_mutex_lock(&server->lock);
    const route *r = path == NULL ? NULL : route_of(server, path);
    uint32_t count = path == NULL ? server->requests : r == NULL ? 0 : r->count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

http_request http_fixture_last(http_fixture *server) {
    pthread_mutex_lock(&server->lock);
    http_request last = server->last;
    pthread_mutex_unlock(&server->lock);
    return last;
}
