#include "tests/support/unit.h"

#include <stdio.h>

#include "consumer/router.h"
#include "tests/consumer/fixture.h"

static int set_up(void **state) {
    *state = fixture_blueprint();
    return 0;
}

static int tear_down(void **state) {
    flinch__blueprint_free(*state);
    return 0;
}

static flinch__route *find(flinch__router *router, int32_t partition, const char *name) {
    flinch__route *route = NULL;
    flinch_error error;
    assert_ok(flinch__router_find(router, partition, name, strlen(name), &route, &error));
    assert_non_null(route);
    return route;
}

static void a_name_keeps_its_stream(void **state) {
    flinch__router router = {.blueprint = *state};

    flinch__route *first = find(&router, 0, "web-1");
    find(&router, 0, "web-2");

    assert_ptr_equal(find(&router, 0, "web-1"), first);
    assert_int_equal(first->partition, 0);
    assert_memory_equal(first->name, "web-1", first->name_size);
    assert_int_equal(router.count, 2);
    flinch__router_fini(&router);
}

static void partitions_never_share_a_stream(void **state) {
    flinch__router router = {.blueprint = *state};

    const flinch__route *zero = find(&router, 0, "web-1");
    const flinch__route *one = find(&router, 1, "web-1");

    assert_ptr_not_equal(zero, one);
    assert_ptr_not_equal(zero->stream, one->stream);
    flinch__router_fini(&router);
}

static void an_empty_name_is_a_name(void **state) {
    flinch__router router = {.blueprint = *state};
    flinch__route *route = NULL;
    flinch_error error;

    assert_ok(flinch__router_find(&router, 0, NULL, 0, &route, &error));

    assert_int_equal(route->name_size, 0);
    assert_ptr_equal(find(&router, 0, ""), route);
    flinch__router_fini(&router);
}

static void a_name_that_is_not_utf8_goes_by_its_digits(void **state) {
    static const char *const NAMES[][2] = {
        {"\xff\x01", "ff01"},                  /* no lead byte */
        {"\xc3", "c3"},                        /* cut short */
        {"\xe2\x82", "e282"},                  /* cut short */
        {"\xf8\x80\x80\x80\x80", "f880808080"} /* five bytes */
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        flinch__router router = {.blueprint = *state};

        const flinch__route *route = find(&router, 0, NAMES[i][0]);

        assert_int_equal(route->name_size, strlen(NAMES[i][1]));
        assert_memory_equal(route->name, NAMES[i][1], route->name_size);
        flinch__router_fini(&router);
    }
}

static void a_name_in_utf8_stays_as_it_is(void **state) {
    static const char *const NAMES[] = {"m\xc3\xbcller", "\xe2\x82\xac", "\xf0\x9f\x8c\x8d"};
    flinch__router router = {.blueprint = *state};

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const flinch__route *route = find(&router, 0, NAMES[i]);

        assert_int_equal(route->name_size, strlen(NAMES[i]));
        assert_memory_equal(route->name, NAMES[i], route->name_size);
    }
    flinch__router_fini(&router);
}

static void many_streams_are_all_found_again(void **state) {
    enum { NAMES = 300 };
    flinch__router router = {.blueprint = *state};
    const flinch__route *routes[NAMES];
    char name[16];
    for (int i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "host-%d", i);
        routes[i] = find(&router, i % 4, name);
    }

    for (int i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "host-%d", i);
        assert_ptr_equal(find(&router, i % 4, name), routes[i]);
    }
    assert_int_equal(router.count, NAMES);
    flinch__router_fini(&router);
}

/* Chains of the table run across the holes that a partition leaves, so after its drop each of the
 * others must still be found where it was, at any load. */
static void drop_takes_one_partition_and_all_others_are_still_found(void **state) {
    char name[16];
    for (int names = 1; names <= 60; names++) {
        flinch__router router = {.blueprint = *state};
        const flinch__route *routes[60];
        for (int i = 0; i < names; i++) {
            snprintf(name, sizeof name, "host-%d", i);
            routes[i] = find(&router, i % 3, name);
        }

        flinch__router_drop(&router, 1);

        int left = names - (names + 1) / 3;
        assert_int_equal(router.count, left);
        for (int i = 0; i < names; i++) {
            snprintf(name, sizeof name, "host-%d", i);
            if (i % 3 != 1)
                assert_ptr_equal(find(&router, i % 3, name), routes[i]);
        }
        assert_int_equal(router.count, left);
        flinch__router_fini(&router);
    }
}

static void a_dropped_stream_begins_anew(void **state) {
    flinch__router router = {.blueprint = *state};
    double row[FIXTURE_INPUTS];
    fixture_row(0, row);
    flinch__stream_push(find(&router, 0, "x")->stream, row, 0);

    flinch__router_drop(&router, 0);

    assert_int_equal(flinch__stream_position(find(&router, 0, "x")->stream), 0);
    flinch__router_fini(&router);
}

static void drop_of_all_leaves_nothing(void **state) {
    flinch__router router = {.blueprint = *state};
    flinch__router_drop(&router, -1); /* empty, without a table */
    find(&router, 0, "x");
    find(&router, 5, "y");

    flinch__router_drop(&router, -1);

    assert_int_equal(router.count, 0);
    flinch__router_fini(&router);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_keeps_its_stream),
        cmocka_unit_test(partitions_never_share_a_stream),
        cmocka_unit_test(an_empty_name_is_a_name),
        cmocka_unit_test(a_name_that_is_not_utf8_goes_by_its_digits),
        cmocka_unit_test(a_name_in_utf8_stays_as_it_is),
        cmocka_unit_test(many_streams_are_all_found_again),
        cmocka_unit_test(drop_takes_one_partition_and_all_others_are_still_found),
        cmocka_unit_test(a_dropped_stream_begins_anew),
        cmocka_unit_test(drop_of_all_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
