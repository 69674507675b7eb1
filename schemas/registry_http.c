#include "schemas/registry_http.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/schema_json.h"

enum {
    MAX_URLS = 16,
    CONNECT_MS = 3000,
    ANSWER_BYTES = 2 * FLINCH__SCHEMA_BYTES, /* a schema is escaped in the JSON that holds it */
    HTTP_OK = 200
};

struct flinch__http {
    CURL *curl;
    struct curl_slist *headers;
    char *urls[MAX_URLS]; /* without a slash at the end */
    uint32_t url_count;
    uint32_t current; /* the one that answered last */
    char *user, *password, *ca_file, *cert_file, *key_file;
    uint32_t timeout_ms;
    char *answer; /* ANSWER_BYTES */
    size_t answer_size;
    char reason[CURL_ERROR_SIZE];
};

static flinch_status refuse_url(const char *why, flinch_error *error) {
    return flinch_fail(error, FLINCH_INVALID, "registry URL: %s", why);
}

/* One URL of the list: http or https, a host, and no secret that would show in every message. */
static flinch_status add_url(flinch__http *http, const char *url, size_t size,
                             flinch_error *error) {
    while (size > 0 && url[size - 1] == '/')
        size--;
    if (http->url_count == MAX_URLS)
        return refuse_url("more than 16", error);
    char *copy = http->urls[http->url_count++] = strndup(url, size);
    if (copy == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a URL");
    const char *host = strncmp(copy, "http://", 7) == 0    ? copy + 7
                       : strncmp(copy, "https://", 8) == 0 ? copy + 8
                                                           : NULL;
    if (host == NULL)
        return refuse_url("expected one that begins with http:// or https://", error);
    size_t host_size = strcspn(host, "/");
    if (host_size == 0)
        return refuse_url("it names no host", error);
    if (memchr(host, '@', host_size) != NULL)
        return refuse_url("a user belongs into registry.user, not into the URL", error);
    if (strpbrk(copy, "?# ") != NULL)
        return refuse_url("expected neither ?, # nor a space", error);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status add_urls(flinch__http *http, const char *list, flinch_error *error) {
    while (list != NULL) {
        list += strspn(list, " ");
        const char *comma = strchr(list, ',');
        size_t size = comma == NULL ? strlen(list) : (size_t)(comma - list);
        while (size > 0 && list[size - 1] == ' ')
            size--;
        FLINCH_TRY(add_url(http, list, size, error));
        list = comma == NULL ? NULL : comma + 1;
    }
    return flinch_status_of(FLINCH_OK);
}

/* Counted here, because curl's own bound does not hold for chunked answers. */
static size_t take(char *bytes, size_t one, size_t size, void *context) {
    flinch__http *http = context;
    (void)one; /* always 1 */
    if (size > ANSWER_BYTES - http->answer_size)
        return 0;
    memcpy(http->answer + http->answer_size, bytes, size);
    http->answer_size += size;
    return size;
}

static bool set(flinch__http *http, CURLoption option, const char *value) {
    return value == NULL || curl_easy_setopt(http->curl, option, value) == CURLE_OK;
}

static bool set_number(flinch__http *http, CURLoption option, long value) {
    return curl_easy_setopt(http->curl, option, value) == CURLE_OK;
}

/* A CA file is instead of the system's certificates, which curl would look for besides. */
static bool set_ca(flinch__http *http) {
    return http->ca_file == NULL ||
           (set(http, CURLOPT_CAINFO, http->ca_file) &&
            curl_easy_setopt(http->curl, CURLOPT_CAPATH, (char *)NULL) == CURLE_OK);
}

/* What holds for every request. */
static bool set_options(flinch__http *http) {
    long timeout = (long)http->timeout_ms;
    return set(http, CURLOPT_PROTOCOLS_STR, "http,https") &&
           set_number(http, CURLOPT_FOLLOWLOCATION, 0) && set_number(http, CURLOPT_NOSIGNAL, 1) &&
           set_number(http, CURLOPT_TIMEOUT_MS, timeout) &&
           set_number(http, CURLOPT_CONNECTTIMEOUT_MS,
                      timeout < CONNECT_MS ? timeout : CONNECT_MS) &&
           set_number(http, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) &&
           set(http, CURLOPT_USERNAME, http->user) && set(http, CURLOPT_PASSWORD, http->password) &&
           set_ca(http) && set(http, CURLOPT_SSLCERT, http->cert_file) &&
           set(http, CURLOPT_SSLKEY, http->key_file) &&
           set(http, CURLOPT_USERAGENT, "flinch/" FLINCH_VERSION) &&
           curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, http->headers) == CURLE_OK &&
           curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, http->reason) == CURLE_OK &&
           curl_easy_setopt(http->curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
           curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, http) == CURLE_OK;
}

static bool copy(char **out, const char *text) {
    *out = text == NULL ? NULL : strdup(text);
    return text == NULL || *out != NULL;
}

static flinch_status fill(flinch__http *http, const flinch__registry_config *config,
                          flinch_error *error) {
    FLINCH_TRY(add_urls(http, config->url, error));
    http->timeout_ms = config->timeout_ms;
    http->curl = curl_easy_init();
    http->answer = malloc(ANSWER_BYTES);
    struct curl_slist *first =
        curl_slist_append(NULL, "Content-Type: application/vnd.schemaregistry.v1+json");
    http->headers = curl_slist_append(
        first, "Accept: application/vnd.schemaregistry.v1+json, application/json");
    if (http->headers == NULL)
        curl_slist_free_all(first);
    if (http->curl == NULL || http->answer == NULL || http->headers == NULL ||
        !copy(&http->user, config->user) || !copy(&http->password, config->password) ||
        !copy(&http->ca_file, config->ca_file) || !copy(&http->cert_file, config->cert_file) ||
        !copy(&http->key_file, config->key_file))
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a registry client");
    if (!set_options(http))
        return flinch_fail(error, FLINCH_FATAL, "curl refuses an option");
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__http_new(const flinch__registry_config *config, flinch__http **out_http,
                               flinch_error *error) {
    *out_http = NULL;
    if (config->url == NULL)
        return refuse_url("there is none", error);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return flinch_fail(error, FLINCH_FATAL, "curl does not start");
    flinch__http *http = calloc(1, sizeof *http);
    flinch_status status =
        http == NULL ? flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a registry client")
                     : fill(http, config, error);
    if (flinch_is_ok(status)) {
        *out_http = http;
    } else if (http != NULL) {
        flinch__http_free(http);
    } else {
        curl_global_cleanup();
    }
    return status;
}

void flinch__http_free(flinch__http *http) {
    if (http == NULL)
        return;
    for (uint32_t i = 0; i < http->url_count; i++)
        free(http->urls[i]);
    curl_easy_cleanup(http->curl);
    curl_slist_free_all(http->headers);
    free(http->user);
    free(http->password);
    free(http->ca_file);
    free(http->cert_file);
    free(http->key_file);
    free(http->answer);
    free(http);
    curl_global_cleanup();
}

char *flinch__http_escape(flinch__http *http, const char *text) {
    return curl_easy_escape(http->curl, text, 0);
}

void flinch__http_release(char *escaped) {
    curl_free(escaped);
}

/* Registries say what is wrong in {"error_code": …, "message": …}; a proxy before one does not. */
static bool is_registrys(json_t *answer) {
    return json_is_integer(json_object_get(answer, "error_code"));
}

/* What an HTTP status means, with the registry's words for it if there are any. */
static flinch_status judge(const char *url, long code, json_t *answer, flinch_error *error) {
    const char *message = json_string_value(json_object_get(answer, "message"));
    const char *colon = message == NULL ? "" : ": ";
    if (message == NULL)
        message = "";
    if (code == HTTP_OK && answer != NULL)
        return flinch_status_of(FLINCH_OK);
    if (code == HTTP_OK)
        return flinch_fail(error, FLINCH_TRY_AGAIN,
                           "%s: the answer is not a registry's; is the path right?", url);
    if (code == 404 && !is_registrys(answer))
        return flinch_fail(error, FLINCH_TRY_AGAIN,
                           "%s: HTTP 404, but not from a registry; is the path right?", url);
    if (code >= 300 && code < 400)
        return flinch_fail(error, FLINCH_TRY_AGAIN, "%s: HTTP %ld; redirects are not followed", url,
                           code);
    flinch_code meaning = code == 401 || code == 403 ? FLINCH_DENIED
                          : code == 404              ? FLINCH_NOT_FOUND
                          : code == 409              ? FLINCH_MISMATCH
                          : code == 422              ? FLINCH_BAD_DATA
                                                     : FLINCH_TRY_AGAIN;
    return flinch_fail(error, meaning, "%s: HTTP %ld%s%.200s", url, code, colon, message);
}

static flinch_status ask_one(flinch__http *http, const char *url, const char *body,
                             json_t **out_answer, flinch_error *error) {
    http->answer_size = 0;
    http->reason[0] = '\0';
    if (!set(http, CURLOPT_URL, url) || (body == NULL ? !set_number(http, CURLOPT_HTTPGET, 1)
                                                      : !set(http, CURLOPT_COPYPOSTFIELDS, body)))
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a request");
    CURLcode result = curl_easy_perform(http->curl);
    if (result == CURLE_WRITE_ERROR)
        return flinch_fail(error, FLINCH_TRY_AGAIN, "%s: the answer is over %d bytes", url,
                           ANSWER_BYTES);
    if (result != CURLE_OK)
        return flinch_fail(error, FLINCH_TRY_AGAIN, "%s: %s", url,
                           http->reason[0] != '\0' ? http->reason : curl_easy_strerror(result));
    long code = 0;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &code);
    json_t *answer = json_loadb(http->answer, http->answer_size, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(answer)) {
        json_decref(answer);
        answer = NULL;
    }
    flinch_status status = judge(url, code, answer, error);
    if (flinch_is_ok(status))
        *out_answer = answer;
    else
        json_decref(answer);
    return status;
}

flinch_status flinch__http_ask(flinch__http *http, const char *path, const char *body,
                               json_t **out_answer, flinch_error *error) {
    *out_answer = NULL;
    flinch_status status = flinch_status_of(FLINCH_TRY_AGAIN);
    for (uint32_t i = 0; i < http->url_count && status.code == FLINCH_TRY_AGAIN; i++) {
        uint32_t at = (http->current + i) % http->url_count;
        char *url = NULL;
        if (asprintf(&url, "%s%s", http->urls[at], path) < 0)
            return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a request");
        status = ask_one(http, url, body, out_answer, error);
        free(url);
        if (status.code != FLINCH_TRY_AGAIN)
            http->current = at;
    }
    return status;
}
