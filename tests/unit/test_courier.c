#include "tools/client/courier.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/check_run.h"
#include "tests/lib/fake_node.h"

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct courier *send_to(const char *base)
{
    struct buffer url = {0};
    struct buffer body = {0};
    buffer_format(&url, "%s/sum/1/1/1", base);
    buffer_append_text(&body, "sum");
    struct courier *courier = courier_send(&url, &body, NULL, 20000);
    ck_assert_uint_eq(url.size, 0);
    ck_assert_uint_eq(body.size, 0);
    return courier;
}

/* Takes connections and says nothing. */
static int silent_server(char url[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(url, 64, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return listener;
}

START_TEST(holds_up_nobody_where_the_other_server_is_silent)
{
    char url[64];
    struct fault fault;
    int listener = silent_server(url);
    double start = seconds_now();
    struct courier *courier = send_to(url);
    ck_assert_int_eq(courier_state(courier, &fault), COURIER_AWAY);
    courier_close(courier);
    ck_assert(seconds_now() - start < 15); /* of the 20 that the other may take */
    (void)close(listener);
}
END_TEST

static enum courier_state wait_for(struct courier *courier, struct fault *fault)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    enum courier_state state = courier_state(courier, fault);
    for (int i = 0; i < 6000 && state == COURIER_AWAY; i++) {
        (void)nanosleep(&pause, NULL);
        state = courier_state(courier, fault);
    }
    return state;
}

/* As where others hold all the descriptors that there are. */
START_TEST(fails_where_its_file_cannot_be_held)
{
    struct fault fault;
    struct buffer url = {0};
    struct buffer body = {0};
    struct source rest = source_of_file(-1, 0, 8);
    buffer_format(&url, "http://127.0.0.1:1/sum/1/1/1");
    buffer_append_text(&body, "sum");
    struct courier *courier = courier_send(&url, &body, &rest, 20000);
    ck_assert_int_eq(courier_state(courier, &fault), COURIER_FAILED);
    ck_assert_msg(strstr(fault.text, "Bad file descriptor") != NULL, "%s", fault.text);
    courier_close(courier);
}
END_TEST

START_TEST(says_why_it_failed)
{
    char url[64];
    struct fault fault;
    (void)close(silent_server(url));
    struct courier *courier = send_to(url);
    ck_assert_int_eq(wait_for(courier, &fault), COURIER_FAILED);
    ck_assert_msg(strstr(fault.text, url) != NULL, "%s", fault.text);
    courier_close(courier);
    courier_close(NULL);
}
END_TEST

/* Take one connection, wait for the beginning of its request, and answer. */
static void answer_one(int listener, const char *answer)
{
    char request[4096];
    int client = accept(listener, NULL, NULL);
    ck_assert_int_ge(client, 0);
    ck_assert_int_gt((int)read(client, request, sizeof(request)), 0);
    ck_assert_int_eq((int)write(client, answer, strlen(answer)), (int)strlen(answer));
    (void)close(client);
}

START_TEST(tells_a_server_that_asks_for_patience_from_one_that_refuses)
{
    static const struct {
        const char *answer;
        enum courier_state state;
    } rows[] = {
        {"HTTP/1.1 409 Conflict\r\nContent-Length: 16\r\n\r\n{\"error\":\"soon\"}", COURIER_LATER},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", COURIER_LATER},
        {"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}", COURIER_LATER},
        {"HTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\n{}", COURIER_REFUSED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char url[64];
        struct fault fault;
        int listener = silent_server(url);
        struct courier *courier = send_to(url);
        answer_one(listener, rows[i].answer);
        ck_assert_int_eq(wait_for(courier, &fault), rows[i].state);
        ck_assert_msg(strstr(fault.text, "(HTTP 4") != NULL || rows[i].answer[9] == '5', "%s",
                      fault.text);
        courier_close(courier);
        (void)close(listener);
    }
}
END_TEST

START_TEST(comes_back_when_the_other_server_took_it)
{
    struct fake_node other;
    struct fault fault;
    fake_node_open(&other);
    struct courier *courier = send_to(other.url);
    ck_assert_int_eq(wait_for(courier, &fault), COURIER_DONE);
    courier_close(courier);
    fake_node_close(&other);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("courier");
    tcase_add_test(tests, holds_up_nobody_where_the_other_server_is_silent);
    tcase_add_test(tests, fails_where_its_file_cannot_be_held);
    tcase_add_test(tests, says_why_it_failed);
    tcase_add_test(tests, tells_a_server_that_asks_for_patience_from_one_that_refuses);
    tcase_add_test(tests, comes_back_when_the_other_server_took_it);
    return check_run("a courier", tests);
}
