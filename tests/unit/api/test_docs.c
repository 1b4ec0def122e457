#include "site.h"

#include "api/documents.h"
#include "api/routes.h"
#include "api/stream.h"
#include "base/json_read.h"

static struct bytes document(const char *name)
{
    const struct web_asset *asset = web_asset_find(&api_documents, bytes_from_text(name));
    CHECK(asset != NULL);
    return asset->content;
}

/* No session is needed; the form is chosen by the query, else by Accept, else it is JSON. */
static void test_the_documents_come_as_json_or_yaml(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *json;
        const char *yaml;
    } documents[] = {
        {"/api/schema/", "openapi.json", "openapi.yaml"},
        {"/api/v1/schema/", "openapi.json", "openapi.yaml"},
        {"/api/v1/asyncapi/", "asyncapi.json", "asyncapi.yaml"},
    };
    static const struct {
        const char *query;
        const char *fields;
        bool is_yaml;
    } cells[] = {
        {"", NULL, false},
        {"?format=yaml", NULL, true},
        {"?x=1&format=yaml", "Accept: application/json\r\n", true},
        {"?format=json", "Accept: application/yaml\r\n", false},
        {"", "Accept: */*\r\n", false},
        {"", "Accept: application/yaml\r\n", true},
        {"", "Accept: text/html, application/vnd.oai.openapi;q=0.9, */*;q=0.8\r\n", true},
        {"", "Accept: application/vnd.aai.asyncapi+yaml\r\n", true},
        {"", "Accept: application/vnd.aai.asyncapi+json\r\n", false},
        {"", "Accept: application/json, application/yaml\r\n", false},
        {"", "Accept: text/html\r\n", false},
    };
    struct site site;
    site_init(&site);
    for (size_t i = 0; i < COUNT_OF(documents) * COUNT_OF(cells); i++) {
        size_t k = i % COUNT_OF(cells);
        size_t d = i / COUNT_OF(cells);
        char path[64];
        (void)snprintf(path, sizeof path, "%s%s", documents[d].path, cells[k].query);
        struct answer answer = ask(&site, (struct asked) {.path = path, .fields = cells[k].fields});
        CHECK(answer.status == 200);
        CHECK_BYTES(buf_bytes(&answer.content),
                    document(cells[k].is_yaml ? documents[d].yaml : documents[d].json));
        CHECK(has_field(&answer, cells[k].is_yaml ? "Content-Type: application/yaml"
                                                  : "Content-Type: application/json"));
        answer_deinit(&answer);
    }
    site_deinit(&site);
}

/* The page is strict: scripts and styles from this server alone, and nothing inline. */
static void test_the_page_is_self_hosted(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *type;
    } cells[] = {
        {"/api/docs/", "Content-Type: text/html; charset=utf-8"},
        {"/api/docs/docs.js", "Content-Type: text/javascript; charset=utf-8"},
        {"/api/docs/swagger-ui-bundle.js", "Content-Type: text/javascript; charset=utf-8"},
        {"/api/docs/swagger-ui.css", "Content-Type: text/css; charset=utf-8"},
        {"/api/docs/favicon-32x32.png", "Content-Type: image/png"},
    };
    struct site site;
    site_init(&site);
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        struct answer answer = ask(&site, (struct asked) {.path = cells[i].path});
        CHECK(answer.status == 200 && answer.content.len > 0);
        CHECK(has_field(&answer, cells[i].type));
        CHECK(mentions(&answer, "script-src 'self';"));
        CHECK(!mentions(&answer, "unsafe"));
        answer_deinit(&answer);
    }
    struct answer page = ask(&site, (struct asked) {.path = "/api/docs/"});
    CHECK(memmem(page.content.data, page.content.len, "//", 2) ==
          NULL); /* no other host is named */
    answer_deinit(&page);
    ASK(&site, 404, NOT_FOUND, .path = "/api/docs/nothing.js");
    ASK(&site, 404, NOT_FOUND, .path = "/api/docs/..%2fdocs.js");
    site_deinit(&site);
}

static const struct json_node *member_of(const struct json_doc *doc, const struct json_node *object,
                                         const char *name)
{
    const struct json_node *member = json_member(doc, object, name);
    if (member == NULL)
        print_error("no member %s\n", name);
    CHECK(member != NULL);
    return member;
}

/* A client that asks for a large file and does not read it costs one piece of memory. */
static void test_large_files_come_in_pieces(void **state)
{
    (void)state;
    struct site site;
    site_init(&site);
    const struct web_asset *bundle = web_asset_find(&web_docs, BYTES("swagger-ui-bundle.js"));
    CHECK(bundle != NULL);
    struct answer answer = ask(&site, (struct asked) {.path = "/api/docs/swagger-ui-bundle.js"});
    CHECK(answer.status == 200 && answer.is_streamed && answer.piece_count > 10);
    CHECK(answer.piece_bytes_max == STREAM_PIECE_BYTES);
    CHECK(bytes_equal(buf_bytes(&answer.content), bundle->content));
    answer_deinit(&answer);
    answer = ask(&site, (struct asked) {.path = "/api/docs/"});
    CHECK(!answer.is_streamed);
    answer_deinit(&answer);
    site_deinit(&site);
}

/* What the routes serve and what the document says are the same, both ways. */
static void test_the_document_describes_every_method_of_every_path(void **state)
{
    (void)state;
    static const struct {
        enum http_method method;
        const char *name;
    } methods[] = {
        {HTTP_GET, "get"},     {HTTP_POST, "post"},     {HTTP_PUT, "put"},
        {HTTP_PATCH, "patch"}, {HTTP_DELETE, "delete"},
    };
    struct json_doc doc = {0};
    CHECK(json_read(&doc, document("openapi.json")) == OK);
    CHECK_BYTES(json_raw_bytes(&doc, member_of(&doc, json_root(&doc), "openapi")), BYTES("3.1.0"));
    const struct json_node *described = member_of(&doc, json_root(&doc), "paths");
    size_t described_count = 0;
    for (const struct json_node *key = json_first(&doc, described); key != NULL;
         key = json_next(&doc, described, json_value(key)))
        described_count++;
    CHECK(described_count == resource_count() - 1); /* without the files of the page */
    for (size_t i = 0; i < resource_count(); i++) {
        const char *pattern = resource_pattern(i);
        if (strcmp(pattern, "/api/docs/{file}") == 0)
            continue;
        struct bytes segments[HTTP_ROUTE_SEGMENTS_MAX];
        const struct resource *resource = resource_find(bytes_from_text(pattern), segments);
        CHECK(resource != NULL && resource_index(resource) == i);
        const struct json_node *path = member_of(&doc, described, pattern);
        for (size_t k = 0; k < COUNT_OF(methods); k++) {
            bool is_served = resource_has_method(resource, methods[k].method);
            const struct json_node *operation = json_member(&doc, path, methods[k].name);
            if (is_served != (operation != NULL))
                print_error("%s %s\n", methods[k].name, pattern);
            CHECK(is_served == (operation != NULL));
            if (operation == NULL)
                continue;
            bool needs_session = json_first(&doc, member_of(&doc, operation, "security")) != NULL;
            CHECK(needs_session == ((resource->needs & SESSION) != 0));
            (void)member_of(&doc, operation, "responses");
        }
    }
    json_doc_free(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_documents_come_as_json_or_yaml),
        cmocka_unit_test(test_the_page_is_self_hosted),
        cmocka_unit_test(test_large_files_come_in_pieces),
        cmocka_unit_test(test_the_document_describes_every_method_of_every_path),
    };
    return cmocka_run_group_tests_name("api/docs", tests, NULL, NULL);
}
