/* A scripted HTTP server on a free port of the loopback: what a registry may say, and worse. */
#ifndef FLINCH_TESTS_SUPPORT_HTTP_FIXTURE_H
#define FLINCH_TESTS_SUPPORT_HTTP_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

typedef struct http_fixture http_fixture;

typedef enum http_manner {
    HTTP_CUTS,   /* sends half of what it announced, then closes the connection */
    HTTP_HANGS,  /* sends half, then nothing until the server stops */
    HTTP_ENDLESS /* sends on and on, in chunks */
} http_manner;

/* A request as it came; longer texts are cut. */
typedef struct http_request {
    char method[8];
    char path[512];          /* as sent: escaped, with its query */
    char authorization[256]; /* "" without the header */
    char type[128];          /* Content-Type */
    char body[4096];
} http_request;

/* With TLS if there are a certificate and its key (PEM files). Aborts where it cannot start. */
http_fixture *http_fixture_start(const char *certificate_file, const char *key_file);
/* Ends every request that still hangs. Takes NULL. */
void http_fixture_stop(http_fixture *server);

/* "http://127.0.0.1:PORT"; borrowed. */
const char *http_fixture_url(const http_fixture *server);
uint16_t http_fixture_port(const http_fixture *server);

/* From now on a request for `path` gets this; for a status of 3xx `body` is the Location. A path of
 * "*" is every one that has no answer of its own; without one they get a registry's 404. */
void http_fixture_answer(http_fixture *server, const char *path, unsigned status, const char *body);
void http_fixture_misbehave(http_fixture *server, const char *path, http_manner manner);

/* How many requests came for `path`, or in all for NULL; and the last one of all. */
uint32_t http_fixture_count(http_fixture *server, const char *path);
http_request http_fixture_last(http_fixture *server);

#endif
