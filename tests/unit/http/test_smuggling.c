/* Malformed and ambiguous requests. A proxy in front of the server and the server must see the same
 * requests in the same bytes; where they do not, somebody can slip one past the proxy. So each row
 * says exactly what may come of it, and each is fed whole, cut in two at every byte, and byte by
 * byte, with the same outcome.
 */
#include "http/parser.h"

#include "check.h"
#include "feed.h"

struct row {
    const char *name;
    const char *text;
    size_t len;
    unsigned status;    /* refused with this; 0: taken, or waiting */
    unsigned or_status; /* or with this */
    const char *path;   /* taken, with this path, content and rest; NULL: it waits for more bytes */
    const char *content;
    const char *rest;
};

#define BAD(name, status, text)                                                                    \
    {                                                                                              \
        name, text, sizeof(text) - 1, status, 0, NULL, NULL, NULL                                  \
    }
#define BAD2(name, status, or_status, text)                                                        \
    {                                                                                              \
        name, text, sizeof(text) - 1, status, or_status, NULL, NULL, NULL                          \
    }
#define TAKEN(name, path, content, rest, text)                                                     \
    {                                                                                              \
        name, text, sizeof(text) - 1, 0, 0, path, content, rest                                    \
    }
#define WAITS(name, text)                                                                          \
    {                                                                                              \
        name, text, sizeof(text) - 1, 0, 0, NULL, NULL, NULL                                       \
    }

#define HOST               "Host: a.example\r\n"
#define LINE(line)         line "\r\n" HOST "\r\n"
#define GET(fields)        "GET / HTTP/1.1\r\n" HOST fields "\r\n"
#define GET10(fields)      "GET / HTTP/1.0\r\n" fields "\r\n"
#define NOHOST(fields)     "GET / HTTP/1.1\r\n" fields "\r\n"
#define POST(fields, body) "POST / HTTP/1.1\r\n" HOST fields "\r\n" body
#define CHUNKED(body)      POST("Transfer-Encoding: chunked\r\n", body)
#define CL(value)          POST("Content-Length:" value "\r\n", "hello")
#define TE(value)          POST("Transfer-Encoding:" value "\r\n", "5\r\nhello\r\n0\r\n\r\n")
#define NEXT               "GET /next HTTP/1.1\r\n\r\n"

/* clang-format off */
static const struct row request_lines[] = {
    TAKEN("plain",                    "/", "", "", LINE("GET / HTTP/1.1")),
    TAKEN("with query",               "/a", "", "", LINE("GET /a?b=c HTTP/1.1")),
    TAKEN("unknown method",           "/", "", "", LINE("BREW / HTTP/1.1")),
    TAKEN("lower-case method",        "/", "", "", LINE("get / HTTP/1.1")),
    TAKEN("method of token marks",    "/", "", "", LINE("!#$%&'*+-.^_`|~ / HTTP/1.1")),
    TAKEN("method of another protocol", "/", "", "", LINE("ANNOUNCE / HTTP/1.1")),
    TAKEN("PRI over 1.1",             "/", "", "", LINE("PRI / HTTP/1.1")),
    TAKEN("method of 32 bytes",       "/", "", "", LINE("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1")),
    BAD("version without a dot",      400, LINE("GET / HTTP/1-1")),
    BAD("minor version that is no number", 400, LINE("GET / HTTP/1.x")),
    BAD("version that is no number",  400, LINE("GET / HTTP/!.1")),
    BAD("method of 33 bytes",         501, LINE("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1")),
    BAD("method with a slash",        400, LINE("GE/T / HTTP/1.1")),
    BAD("method with a colon",        400, LINE("GET: / HTTP/1.1")),
    BAD("method in parentheses",      400, LINE("(GET) / HTTP/1.1")),
    BAD("method beyond ASCII",        400, LINE("G\xc3\x89T / HTTP/1.1")),
    BAD("method with NUL",            400, LINE("G\0T / HTTP/1.1")),
    BAD("blank before the method",    400, LINE(" GET / HTTP/1.1")),
    BAD("tab before the method",      400, LINE("\tGET / HTTP/1.1")),
    BAD("two blanks after the method", 400, LINE("GET  / HTTP/1.1")),
    BAD("two blanks before the version", 400, LINE("GET /  HTTP/1.1")),
    BAD("blank after the version",    400, LINE("GET / HTTP/1.1 ")),
    BAD("tab after the method",       400, LINE("GET\t/ HTTP/1.1")),
    BAD("tab before the version",     400, LINE("GET /\tHTTP/1.1")),
    BAD("tab after the version",      400, LINE("GET / HTTP/1.1\t")),
    BAD("vertical tab as a blank",    400, LINE("GET\x0b/ HTTP/1.1")),
    BAD("form feed as a blank",       400, LINE("GET /\x0cHTTP/1.1")),
    BAD("CR as a blank",              400, LINE("GET\r/ HTTP/1.1")),
    BAD2("CR before the version",     400, 505, LINE("GET /\rHTTP/1.1")),
    BAD("NUL in the target",          400, LINE("GET /\0 HTTP/1.1")),
    BAD("control in the target",      400, LINE("GET /\x01 HTTP/1.1")),
    BAD("DEL in the target",          400, LINE("GET /\x7f HTTP/1.1")),
    BAD("UTF-8 in the target",        400, LINE("GET /\xc3\xa9 HTTP/1.1")),
    BAD("fragment",                   400, LINE("GET /a#b HTTP/1.1")),
    BAD("fragment alone",             400, LINE("GET # HTTP/1.1")),
    BAD("third word and version",     400, LINE("GET / /b HTTP/1.1")),
    BAD("no method",                  400, LINE("/ HTTP/1.1")),
    BAD("method alone",               400, LINE("GET")),
    BAD("method and blank",           400, LINE("GET ")),
    BAD("version without target",     505, LINE("GET HTTP/1.1")),
    BAD("empty target",               400, LINE("GET  HTTP/1.1")),
    BAD("relative target",            400, LINE("GET index.html HTTP/1.1")),
    BAD("target is a query",          400, LINE("GET ?a=b HTTP/1.1")),
    BAD("target is an authority",     400, LINE("GET a.example:80 HTTP/1.1")),
    BAD("CONNECT",                    501, LINE("CONNECT a.example:80 HTTP/1.1")),
    BAD("CONNECT with a path",        501, LINE("CONNECT / HTTP/1.1")),
    TAKEN("asterisk for OPTIONS",     "*", "", "", LINE("OPTIONS * HTTP/1.1")),
    BAD("asterisk for GET",           400, LINE("GET * HTTP/1.1")),
    BAD("asterisk and more",          400, LINE("OPTIONS *a HTTP/1.1")),
    TAKEN("absolute",                 "/x", "", "", LINE("GET http://b.example/x HTTP/1.1")),
    TAKEN("absolute, other case",     "/x", "", "", LINE("GET HTTP://b.example/x HTTP/1.1")),
    TAKEN("absolute https",           "/x", "", "", LINE("GET https://b.example:443/x?y HTTP/1.1")),
    TAKEN("absolute without path",    "/", "", "", LINE("GET http://b.example HTTP/1.1")),
    TAKEN("absolute, query only",     "/", "", "", LINE("GET http://b.example?a HTTP/1.1")),
    BAD("absolute without host",      400, LINE("GET http:///x HTTP/1.1")),
    BAD("absolute with only a port",  400, LINE("GET http://:80/x HTTP/1.1")),
    BAD("absolute with user",         400, LINE("GET http://me@b.example/ HTTP/1.1")),
    BAD("absolute with backslash",    400, LINE("GET http://b.example\\x HTTP/1.1")),
    BAD("absolute with another scheme", 400, LINE("GET ftp://b.example/ HTTP/1.1")),
    BAD("absolute with one slash",    400, LINE("GET http:/b.example/ HTTP/1.1")),
    BAD("file scheme",                400, LINE("GET file:///etc/passwd HTTP/1.1")),
    TAKEN("two slashes are a path",   "//b.example/", "", "", LINE("GET //b.example/ HTTP/1.1")),
    TAKEN("dots stay",                "/../x", "", "", LINE("GET /../x HTTP/1.1")),
    TAKEN("percent stays",            "/%2e%00%zz", "", "", LINE("GET /%2e%00%zz HTTP/1.1")),
    TAKEN("marks that browsers send", "/", "", "", LINE("GET /?a|b{c}^`'\"<> HTTP/1.1")),
    BAD("HTTP/0.9",                   505, "GET /\r\n"),
    BAD("HTTP/0.9 by name",           505, LINE("GET / HTTP/0.9")),
    BAD("HTTP/1.2",                   505, LINE("GET / HTTP/1.2")),
    BAD("HTTP/2.0",                   505, LINE("GET / HTTP/2.0")),
    BAD("HTTP/3.0",                   505, LINE("GET / HTTP/3.0")),
    BAD("HTTP/2 preface",             505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    BAD("version without minor",      400, LINE("GET / HTTP/1")),
    BAD("version with empty minor",   400, LINE("GET / HTTP/1.")),
    BAD("version of many digits",     400, LINE("GET / HTTP/1.10")),
    BAD("version with leading zero",  400, LINE("GET / HTTP/01.1")),
    BAD("version with a comma",       400, LINE("GET / HTTP/1,1")),
    BAD("version in lower case",      400, LINE("GET / http/1.1")),
    BAD("version with letters",       400, LINE("GET / HTTP/a.b")),
    BAD("another protocol",           400, LINE("GET / HTTPS/1.1")),
    BAD("ICE",                        400, LINE("SOURCE / ICE/1.0")),
    BAD("RTSP",                       400, LINE("PLAY / RTSP/1.0")),
    BAD("blank inside the version",   400, LINE("GET / HTTP/ 1.1")),
    BAD("a TLS hello",                400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    BAD("an answer",                  400, "HTTP/1.1 200 OK\r\n\r\n"),
    BAD("NUL first",                  400, "\0" LINE("GET / HTTP/1.1")),
    BAD("byte order mark",            400, "\xef\xbb\xbf" LINE("GET / HTTP/1.1")),
};

static const struct row line_ends[] = {
    TAKEN("blank line before",        "/", "", "", "\r\n" GET("")),
    TAKEN("eight blank lines before", "/", "", "", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n" GET("")),
    BAD("nine blank lines before",    400, "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n" GET("")),
    BAD("LF before",                  400, "\n" GET("")),
    BAD("CR before",                  400, "\r" GET("")),
    BAD("CR CR LF before",            400, "\r\r\n" GET("")),
    BAD("blank line with a blank",    400, " \r\n" GET("")),
    BAD("LF after the request line",  400, "GET / HTTP/1.1\n" HOST "\r\n"),
    BAD("CR after the request line",  400, "GET / HTTP/1.1\r" HOST "\r\n"),
    BAD("CR CR LF after the line",    400, "GET / HTTP/1.1\r\r\n" HOST "\r\n"),
    BAD("LF CR after the line",       400, "GET / HTTP/1.1\n\r" HOST "\r\n"),
    BAD("LF alone throughout",        400, "GET / HTTP/1.1\nHost: a\n\n"),
    BAD("CR alone throughout",        400, "GET / HTTP/1.1\rHost: a\r\r"),
    BAD("LF after a field",           400, GET("A: b\n")),
    BAD("CR after a field",           400, GET("A: b\rC: d\r\n")),
    BAD("CR CR LF after a field",     400, GET("A: b\r\r\n")),
    BAD("LF as the blank line",       400, "GET / HTTP/1.1\r\n" HOST "\n"),
    BAD("CR as the blank line",       400, "GET / HTTP/1.1\r\n" HOST "\rX"),
    BAD("CR CR LF as the blank line", 400, "GET / HTTP/1.1\r\n" HOST "\r\r\n"),
    BAD("blank in the blank line",    400, "GET / HTTP/1.1\r\n" HOST " \r\n\r\n"),
    BAD("LF hides a field",           400, GET("A: b\nContent-Length: 5\r\n")),
    BAD("LF LF hides a request",      400, GET("A: b\n\nGET /evil HTTP/1.1\r\n")),
    BAD("folded with a blank",        400, GET("A: b\r\n c\r\n")),
    BAD("folded with a tab",          400, GET("A: b\r\n\tc\r\n")),
    BAD("folded first line",          400, "GET / HTTP/1.1\r\n A: b\r\n" HOST "\r\n"),
    BAD("folded framing",             400, POST("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")),
    BAD("folded length",              400, POST("Content-Length:\r\n 5\r\n", "hello")),
    BAD("folded, nothing on the line", 400, GET("A: b\r\n \r\n")),
    BAD("NEL as a line end",          400, "GET / HTTP/1.1\xc2\x85" HOST "\r\n"),
    BAD("bare LF in the target",      400, LINE("GET /\n HTTP/1.1")),
    WAITS("nothing but CR",           "\r"),
    WAITS("nothing but blank lines",  "\r\n\r\n"),
    WAITS("head without end",         "GET / HTTP/1.1\r\n" HOST),
    WAITS("head ends in CR",          "GET / HTTP/1.1\r\n" HOST "\r"),
};

static const struct row fields[] = {
    TAKEN("empty value",              "/", "", "", GET("A:\r\n")),
    TAKEN("blank value",              "/", "", "", GET("A: \t \r\n")),
    TAKEN("no blank after the colon", "/", "", "", GET("A:b\r\n")),
    TAKEN("blanks around the value",  "/", "", "", GET("A: \t b \t\r\n")),
    TAKEN("colons in the value",      "/", "", "", GET("A: b:c:d\r\n")),
    TAKEN("obs-text in the value",    "/", "", "", GET("A: \xe9\xff\x80\r\n")),
    TAKEN("name of token marks",      "/", "", "", GET("!#$%&'*+-.^_`|~: b\r\n")),
    TAKEN("name of digits",           "/", "", "", GET("0: b\r\n")),
    TAKEN("value of marks",           "/", "", "", GET("A: \"(),/:;<=>?@[\\]{}\r\n")),
    BAD("blank before the colon",     400, GET("A : b\r\n")),
    BAD("tab before the colon",       400, GET("A\t: b\r\n")),
    BAD("blank before the colon of a length", 400, POST("Content-Length : 5\r\n", "hello")),
    BAD("blank before the colon of a coding", 400, POST("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")),
    BAD("blank before the colon of Host", 400, NOHOST("Host : a\r\n")),
    BAD("blank in the name",          400, GET("A B: c\r\n")),
    BAD("empty name",                 400, GET(": b\r\n")),
    BAD("no colon",                   400, GET("A\r\n")),
    BAD("no colon, a blank",          400, GET("A b\r\n")),
    BAD("name in quotes",             400, GET("\"A\": b\r\n")),
    BAD("name in brackets",           400, GET("[A]: b\r\n")),
    BAD("name with a comma",          400, GET("A,B: c\r\n")),
    BAD("name with a slash",          400, GET("A/B: c\r\n")),
    BAD("name with an equals sign",   400, GET("A=B: c\r\n")),
    BAD("name with @",                400, GET("A@B: c\r\n")),
    BAD("name beyond ASCII",          400, GET("\xc3\x84: c\r\n")),
    BAD("name with NUL",              400, GET("A\0: c\r\n")),
    BAD("name with a control",        400, GET("A\x01: c\r\n")),
    BAD("name with DEL",              400, GET("A\x7f: c\r\n")),
    BAD("name with vertical tab",     400, GET("Content-Length\x0b: 5\r\n")),
    BAD("NUL in a value",             400, GET("A: b\0c\r\n")),
    BAD("NUL as a value",             400, GET("A:\0\r\n")),
    BAD("control in a value",         400, GET("A: b\x01\r\n")),
    BAD("backspace in a value",       400, GET("A: b\x08\r\n")),
    BAD("vertical tab in a value",    400, GET("A: b\x0b\r\n")),
    BAD("form feed in a value",       400, GET("A:\x0c" "b\r\n")),
    BAD("escape in a value",          400, GET("A: \x1b[0m\r\n")),
    BAD("DEL in a value",             400, GET("A: b\x7f\r\n")),
    BAD("CR in a value",              400, GET("A: b\rc\r\n")),
    BAD("second request line",        400, GET("GET /b HTTP/1.1\r\n")),
    TAKEN("close, then next",         "/", "", NEXT, GET("Connection: close\r\n") NEXT),
    TAKEN("names a framing field as hop-by-hop", "/", "hello", "",
          POST("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello")),
    TAKEN("underscore is no hyphen",  "/", "", "hello", POST("Content_Length: 5\r\n", "hello")),
    TAKEN("X- is another name",       "/", "", "0\r\n\r\n", POST("X-Transfer-Encoding: chunked\r\n", "0\r\n\r\n")),
};

static const struct row hosts[] = {
    BAD("none",                       400, NOHOST("")),
    BAD("none but X-Forwarded-Host",  400, NOHOST("X-Forwarded-Host: a\r\n")),
    BAD("none, absolute target",      400, "GET http://a.example/ HTTP/1.1\r\n\r\n"),
    TAKEN("none in HTTP/1.0",         "/", "", "", GET10("")),
    TAKEN("one in HTTP/1.0",          "/", "", "", GET10(HOST)),
    BAD("two, the same",              400, NOHOST(HOST HOST)),
    BAD("two, different",             400, NOHOST(HOST "Host: b.example\r\n")),
    BAD("two, in other case",         400, NOHOST(HOST "hOsT: b.example\r\n")),
    BAD("two in HTTP/1.0",            400, GET10(HOST HOST)),
    BAD("two, one empty",             400, NOHOST(HOST "Host:\r\n")),
    BAD("two and an absolute target", 400, "GET http://a.example/ HTTP/1.1\r\n" HOST HOST "\r\n"),
    BAD("empty",                      400, NOHOST("Host:\r\n")),
    BAD("blank",                      400, NOHOST("Host:  \r\n")),
    BAD("empty in HTTP/1.0",          400, GET10("Host:\r\n")),
    TAKEN("name",                     "/", "", "", NOHOST("Host: localhost\r\n")),
    TAKEN("name and port",            "/", "", "", NOHOST("Host: a.example:8000\r\n")),
    TAKEN("name and empty port",      "/", "", "", NOHOST("Host: a.example:\r\n")),
    TAKEN("name ending in a dot",     "/", "", "", NOHOST("Host: a.example.\r\n")),
    TAKEN("name with underscore",     "/", "", "", NOHOST("Host: my_app-1\r\n")),
    TAKEN("IPv4",                     "/", "", "", NOHOST("Host: 127.0.0.1:80\r\n")),
    TAKEN("IPv6",                     "/", "", "", NOHOST("Host: [::1]\r\n")),
    TAKEN("IPv6 and port",            "/", "", "", NOHOST("Host: [2001:db8::A]:8000\r\n")),
    TAKEN("IPv6 with IPv4",           "/", "", "", NOHOST("Host: [::ffff:127.0.0.1]\r\n")),
    TAKEN("other than the target's",  "/", "", "", "GET http://b.example/ HTTP/1.1\r\n" HOST "\r\n"),
    BAD("IPv6 without brackets",      400, NOHOST("Host: ::1\r\n")),
    BAD("IPv6 without an end",        400, NOHOST("Host: [::1\r\n")),
    BAD("IPv6 and more",              400, NOHOST("Host: [::1]a\r\n")),
    BAD("IPv6 with a zone",           400, NOHOST("Host: [fe80::1%25eth0]\r\n")),
    BAD("name in brackets",           400, NOHOST("Host: [a.example]\r\n")),
    BAD("empty brackets",             400, NOHOST("Host: []\r\n")),
    BAD("port of letters",            400, NOHOST("Host: a.example:http\r\n")),
    BAD("port with a sign",           400, NOHOST("Host: a.example:+80\r\n")),
    BAD("port too large",             400, NOHOST("Host: a.example:65536\r\n")),
    BAD("two ports",                  400, NOHOST("Host: a.example:80:80\r\n")),
    BAD("only a port",                400, NOHOST("Host: :80\r\n")),
    BAD("with a scheme",              400, NOHOST("Host: http://a.example\r\n")),
    BAD("with a path",                400, NOHOST("Host: a.example/x\r\n")),
    BAD("with a query",               400, NOHOST("Host: a.example?x\r\n")),
    BAD("with a fragment",            400, NOHOST("Host: a.example#x\r\n")),
    BAD("with a user",                400, NOHOST("Host: me@a.example\r\n")),
    BAD("with a blank",               400, NOHOST("Host: a.example b.example\r\n")),
    BAD("with a tab",                 400, NOHOST("Host: a.example\tb.example\r\n")),
    BAD("list",                       400, NOHOST("Host: a.example,b.example\r\n")),
    BAD("backslash",                  400, NOHOST("Host: a.example\\b\r\n")),
    BAD("percent",                    400, NOHOST("Host: a%2eexample\r\n")),
    BAD("angle brackets",             400, NOHOST("Host: <script>\r\n")),
    BAD("quotes",                     400, NOHOST("Host: \"a\"\r\n")),
    BAD("beyond ASCII",               400, NOHOST("Host: \xc3\xa4.example\r\n")),
};

static const struct row content_lengths[] = {
    TAKEN("plain",                    "/", "hello", "", CL(" 5")),
    TAKEN("without a blank",          "/", "hello", "", CL("5")),
    TAKEN("blanks around",            "/", "hello", "", CL("  5  ")),
    BAD("tabs around",                400, CL("\t5\t")), /* allowed, but llhttp refuses it, and nothing sends it */
    TAKEN("leading zeros",            "/", "hello", "", CL(" 0005")),
    TAKEN("zero",                     "/", "", "hello", CL(" 0")),
    TAKEN("shorter than what comes",  "/", "hel", "lo", CL(" 3")),
    TAKEN("in other case",            "/", "hello", "", POST("cONTENT-lENGTH: 5\r\n", "hello")),
    TAKEN("with GET",                 "/", "hello", NEXT, GET("Content-Length: 5\r\n") "hello" NEXT),
    TAKEN("none with POST",           "/", "", "hello", POST("", "hello")),
    TAKEN("in HTTP/1.0",              "/", "hello", "", "POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello"),
    WAITS("longer than what comes",   CL(" 6")),
    BAD("empty",                      400, CL("")),
    BAD("blank",                      400, CL("  ")),
    BAD("plus sign",                  400, CL(" +5")),
    BAD("minus sign",                 400, CL(" -5")),
    BAD("minus zero",                 400, CL(" -0")),
    BAD("hexadecimal",                400, CL(" 0x5")),
    BAD("hexadecimal letter",         400, CL(" a")),
    BAD("fraction",                   400, CL(" 5.0")),
    BAD("exponent",                   400, CL(" 5e0")),
    BAD("underscore",                 400, CL(" 1_0")),
    BAD("in quotes",                  400, CL(" \"5\"")),
    BAD("blank inside",               400, CL(" 5 5")),
    BAD("letter behind",              400, CL(" 5a")),
    BAD("semicolon behind",           400, CL(" 5;")),
    BAD("list of equals",             400, CL(" 5, 5")),
    BAD("list of different",          400, CL(" 5, 6")),
    BAD("list with nothing",          400, CL(" 5,")),
    BAD("list of nothing and five",   400, CL(" ,5")),
    BAD("digits of another script",   400, CL(" \xd9\xa5")),
    BAD("obs-text behind",            400, CL(" 5\xa0")),
    BAD("two, the same",              400, CL(" 5\r\nContent-Length: 5")),
    BAD("two, different",             400, CL(" 5\r\nContent-Length: 0")),
    BAD("two, in other case",         400, CL(" 0\r\ncontent-length: 5")),
    BAD("two, one empty",             400, CL(" 5\r\nContent-Length:")),
    BAD("over the limit",             413, CL(" 1048577")),
    BAD("2^63",                       413, CL(" 9223372036854775808")),
    BAD2("2^64 + 5",                  400, 413, CL(" 18446744073709551621")),
    BAD2("of thirty digits",          400, 413, CL(" 100000000000000000000000000005")),
};

static const struct row transfer_codings[] = {
    TAKEN("chunked",                  "/", "hello", "", TE(" chunked")),
    TAKEN("without a blank",          "/", "hello", "", TE("chunked")),
    TAKEN("in other case",            "/", "hello", "", TE(" ChUnKeD")),
    TAKEN("blanks around",            "/", "hello", "", TE("  chunked  ")),
    BAD("tab behind",                 400, TE(" chunked\t")), /* allowed, but llhttp refuses it */
    TAKEN("with GET",                 "/", "hello", "", "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    TAKEN("the next is kept",         "/", "hello", NEXT, TE(" chunked") NEXT),
    BAD("beside a length",            400, TE(" chunked\r\nContent-Length: 5")),
    BAD("behind a length",            400, POST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    BAD("beside a length of zero",    400, TE(" chunked\r\nContent-Length: 0")),
    BAD("identity beside a length",   400, TE(" identity\r\nContent-Length: 5")),
    BAD("two, the same",              400, TE(" chunked\r\nTransfer-Encoding: chunked")),
    BAD2("two, chunked last",         400, 501, TE(" gzip\r\nTransfer-Encoding: chunked")),
    BAD("two, chunked first",         400, TE(" chunked\r\nTransfer-Encoding: identity")),
    BAD("two, one empty",             400, TE(" chunked\r\nTransfer-Encoding:")),
    BAD("in HTTP/1.0",                400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    BAD2("twice in one",              400, 501, TE(" chunked, chunked")),
    BAD2("gzip, then chunked",        400, 501, TE(" gzip, chunked")),
    BAD2("identity, then chunked",    400, 501, TE(" identity, chunked")),
    BAD2("chunked, then gzip",        400, 501, TE(" chunked, gzip")),
    BAD2("chunked, then identity",    400, 501, TE(" chunked, identity")),
    BAD2("nothing, then chunked",     400, 501, TE(" ,chunked")),
    BAD2("chunked, then nothing",     400, 501, TE(" chunked,")),
    BAD2("gzip",                      400, 501, TE(" gzip")),
    BAD2("identity",                  400, 501, TE(" identity")),
    BAD2("empty",                     400, 501, TE("")),
    BAD2("blank",                     400, 501, TE("  ")),
    BAD2("in quotes",                 400, 501, TE(" \"chunked\"")),
    BAD2("in single quotes",          400, 501, TE(" 'chunked'")),
    BAD2("with a parameter",          400, 501, TE(" chunked;a=b")),
    BAD2("with a semicolon",          400, 501, TE(" chunked;")),
    BAD2("letter before",             400, 501, TE(" xchunked")),
    BAD2("letter behind",             400, 501, TE(" chunkedx")),
    BAD2("short",                     400, 501, TE(" chunke")),
    BAD2("blank inside",              400, 501, TE(" chu nked")),
    BAD2("two words",                 400, 501, TE(" chunked chunked")),
    BAD2("word before",               400, 501, TE(" x chunked")),
    BAD("vertical tab before",        400, TE(" \x0b" "chunked")),
    BAD("vertical tab behind",        400, TE(" chunked\x0b")),
    BAD("NUL behind",                 400, TE(" chunked\0")),
    BAD2("obs-text behind",           400, 501, TE(" chunked\xa0")),
    BAD2("long s",                    400, 501, TE(" chun\xe2\x84\xaa" "ed")),
    TAKEN("TE says what is accepted", "/", "", "", GET("TE: trailers, chunked\r\n")),
};

static const struct row chunks[] = {
    TAKEN("one",                      "/", "hello", "", CHUNKED("5\r\nhello\r\n0\r\n\r\n")),
    TAKEN("two",                      "/", "hello", "", CHUNKED("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")),
    TAKEN("none",                     "/", "", "", CHUNKED("0\r\n\r\n")),
    TAKEN("leading zeros",            "/", "hello", "", CHUNKED("0005\r\nhello\r\n000\r\n\r\n")),
    TAKEN("sixteen digits",           "/", "hello", "", CHUNKED("0000000000000005\r\nhello\r\n0\r\n\r\n")),
    TAKEN("both cases of digits",     "/", "helloworldhelloworld", "", CHUNKED("a\r\nhelloworld\r\nA\r\nhelloworld\r\n0\r\n\r\n")),
    TAKEN("content that looks like a chunk", "/", "0\r\n\r\n", "", CHUNKED("5\r\n0\r\n\r\n\r\n0\r\n\r\n")),
    TAKEN("extension",                "/", "hello", "", CHUNKED("5;a=b\r\nhello\r\n0;c\r\n\r\n")),
    TAKEN("quoted extension",         "/", "hello", "", CHUNKED("5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n")),
    TAKEN("trailer",                  "/", "hello", "", CHUNKED("5\r\nhello\r\n0\r\nA: b\r\n\r\n")),
    TAKEN("two trailers",             "/", "hello", "", CHUNKED("5\r\nhello\r\n0\r\nA: b\r\nC:\r\n\r\n")),
    TAKEN("trailer names Host",       "/", "", "", CHUNKED("0\r\nHost: evil.example\r\n\r\n")),
    TAKEN("the next is kept",         "/", "hello", NEXT, CHUNKED("5\r\nhello\r\n0\r\n\r\n") NEXT),
    BAD("seventeen digits",           400, CHUNKED("00000000000000005\r\nhello\r\n0\r\n\r\n")),
    BAD("sign",                       400, CHUNKED("+5\r\nhello\r\n0\r\n\r\n")),
    BAD("minus",                      400, CHUNKED("-5\r\nhello\r\n0\r\n\r\n")),
    BAD("0x",                         400, CHUNKED("0x5\r\nhello\r\n0\r\n\r\n")),
    BAD("underscore",                 400, CHUNKED("0_5\r\nhello\r\n0\r\n\r\n")),
    BAD("no digit",                   400, CHUNKED("\r\nhello\r\n0\r\n\r\n")),
    BAD("extension without size",     400, CHUNKED(";a\r\nhello\r\n0\r\n\r\n")),
    BAD("letter",                     400, CHUNKED("g\r\nhello\r\n0\r\n\r\n")),
    BAD("letter behind",              400, CHUNKED("5g\r\nhello\r\n0\r\n\r\n")),
    BAD("fraction",                   400, CHUNKED("5.0\r\nhello\r\n0\r\n\r\n")),
    BAD("in quotes",                  400, CHUNKED("\"5\"\r\nhello\r\n0\r\n\r\n")),
    BAD("blank before",               400, CHUNKED(" 5\r\nhello\r\n0\r\n\r\n")),
    BAD("blank behind",               400, CHUNKED("5 \r\nhello\r\n0\r\n\r\n")),
    BAD("tab behind",                 400, CHUNKED("5\t\r\nhello\r\n0\r\n\r\n")),
    BAD("blank before an extension",  400, CHUNKED("5 ;a\r\nhello\r\n0\r\n\r\n")),
    BAD("two sizes",                  400, CHUNKED("5 5\r\nhello\r\n0\r\n\r\n")),
    BAD("comma",                      400, CHUNKED("5,a\r\nhello\r\n0\r\n\r\n")),
    BAD("NUL in a size",              400, CHUNKED("5\0\r\nhello\r\n0\r\n\r\n")),
    BAD("NUL in an extension",        400, CHUNKED("5;\0\r\nhello\r\n0\r\n\r\n")),
    BAD("obs-text in an extension",   400, CHUNKED("5;\xff\r\nhello\r\n0\r\n\r\n")),
    BAD("LF behind a size",           400, CHUNKED("5\nhello\r\n0\r\n\r\n")),
    BAD("CR behind a size",           400, CHUNKED("5\rhello\r\n0\r\n\r\n")),
    BAD("CR CR LF behind a size",     400, CHUNKED("5\r\r\nhello\r\n0\r\n\r\n")),
    BAD("LF in an extension",         400, CHUNKED("5;a\nhello\r\n0\r\n\r\n")),
    BAD("LF in a quoted extension",   400, CHUNKED("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n")),
    BAD("CR in an extension",         400, CHUNKED("5;a\rb\r\nhello\r\n0\r\n\r\n")),
    BAD("LF behind the data",         400, CHUNKED("5\r\nhello\n0\r\n\r\n")),
    BAD("CR behind the data",         400, CHUNKED("5\r\nhello\r0\r\n\r\n")),
    BAD("nothing behind the data",    400, CHUNKED("5\r\nhello0\r\n\r\n")),
    BAD("data too long",              400, CHUNKED("5\r\nhellow\r\n0\r\n\r\n")),
    BAD("data too short",             400, CHUNKED("5\r\nhell\r\n0\r\n\r\n")),
    BAD("two bytes instead of CRLF",  400, CHUNKED("5\r\nhelloXX0\r\n\r\n")),
    BAD("quoted extension without end", 400, CHUNKED("5;a=\"b\r\nhello\r\n0\r\n\r\n")),
    BAD("extension that is wrong twice", 400, CHUNKED("5;a=b{\"\xff\"\r\nhello\r\n0\r\n\r\n")),
    BAD("blank in an extension",      400, CHUNKED("5;a b\r\nhello\r\n0\r\n\r\n")),
    BAD("LF behind the last size",    400, CHUNKED("0\n\r\n")),
    BAD("LF as the end",              400, CHUNKED("0\r\n\n")),
    BAD("CR as the end",              400, CHUNKED("0\r\n\rX")),
    BAD("folded trailer",             400, CHUNKED("0\r\n A: b\r\n\r\n")),
    BAD("trailer without colon",      400, CHUNKED("0\r\nA\r\n\r\n")),
    BAD("trailer without name",       400, CHUNKED("0\r\n: b\r\n\r\n")),
    BAD("blank before a trailer's colon", 400, CHUNKED("0\r\nA : b\r\n\r\n")),
    BAD("LF behind a trailer",        400, CHUNKED("0\r\nA: b\n\r\n")),
    BAD("NUL in a trailer",           400, CHUNKED("0\r\nA: \0\r\n\r\n")),
    BAD("a request instead of the end", 400, CHUNKED("0\r\nGET / HTTP/1.1\r\n\r\n")),
    BAD("over the limit",             413, CHUNKED("100001\r\nhello")),
    BAD("over the limit together",    413, CHUNKED("5\r\nhello\r\nFFFFC\r\n")),
    BAD2("2^64 - 1",                  400, 413, CHUNKED("FFFFFFFFFFFFFFFF\r\nhello")),
    BAD2("2^63",                      400, 413, CHUNKED("8000000000000000\r\nhello")),
    BAD2("32 bits and 5",             400, 413, CHUNKED("100000005\r\nhello\r\n0\r\n\r\n")),
    WAITS("no end",                   CHUNKED("5\r\nhello\r\n0\r\n")),
    WAITS("no last chunk",            CHUNKED("5\r\nhello\r\n")),
    WAITS("no data",                  CHUNKED("5\r\n")),
};

#define UPGRADE "Connection: Upgrade\r\nUpgrade: websocket\r\n"

static const struct row others[] = {
    TAKEN("two requests",             "/", "", NEXT, GET("") NEXT),
    TAKEN("blank line between is the next one's", "/", "", "\r\n" NEXT, GET("") "\r\n" NEXT),
    TAKEN("upgrade stops behind the head", "/", "", "\x81\x80" "abcd", GET(UPGRADE) "\x81\x80" "abcd"),
    TAKEN("upgrade to h2c",           "/", "", NEXT, GET("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n") NEXT),
    TAKEN("upgrade with content",     "/", "hello", "\x81", POST(UPGRADE "Content-Length: 5\r\n", "hello\x81")),
    TAKEN("upgrade with chunks",      "/", "hello", "\x81", POST(UPGRADE "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n\x81")),
    TAKEN("upgrade not in Connection", "/", "", NEXT, GET("Upgrade: websocket\r\n") NEXT),
    BAD("upgrade with two lengths",   400, GET(UPGRADE "Content-Length: 5\r\nContent-Length: 6\r\n")),
    BAD("upgrade with both framings", 400, GET(UPGRADE "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
    BAD("upgrade without Host",       400, NOHOST(UPGRADE)),
    TAKEN("expects continue",         "/", "hello", "", POST("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello")),
    TAKEN("expects continue, other case", "/", "hello", "", POST("Expect: 100-Continue\r\nContent-Length: 5\r\n", "hello")),
    TAKEN("expects continue for nothing", "/", "", "", GET("Expect: 100-continue\r\n")),
    BAD("expects something else",     417, GET("Expect: 200-ok\r\n")),
    BAD("expects nothing",            417, GET("Expect:\r\n")),
    BAD("expects two things",         417, GET("Expect: 100-continue, x\r\n")),
    BAD("expects twice",              417, GET("Expect: 100-continue\r\nExpect: 100-continue\r\n")),
    TAKEN("HEAD with content",        "/", "hello", NEXT, "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello" NEXT),
    TAKEN("DELETE with content",      "/", "hello", NEXT, "DELETE / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello" NEXT),
    TAKEN("HTTP/1.0 keep-alive",      "/", "", NEXT, GET10("Connection: keep-alive\r\n") NEXT),
    TAKEN("method override is a field", "/", "", "", GET("X-HTTP-Method-Override: DELETE\r\n")),
};
/* clang-format on */

/* The outcome that a row allows. */
static bool is_allowed(const struct row *row, const struct http_parser *parser, struct fed fed)
{
    if (row->status != 0) {
        if (fed.progress != HTTP_IS_BAD)
            return false;
        unsigned status = http_parser_status(parser);
        return status == row->status || (row->or_status != 0 && status == row->or_status);
    }
    if (row->path == NULL)
        return !fed_is_over(&fed) && fed.used == row->len;
    if (fed.progress != HTTP_HAS_REQUEST)
        return false;
    const struct http_request *request = http_parser_request(parser);
    struct bytes rest = bytes_of(row->text + fed.used, row->len - fed.used);
    return bytes_is(request->path, row->path) && bytes_is(request->content, row->content) &&
           bytes_is(rest, row->rest);
}

static void check_row(const struct row *row, struct http_parser *parser, struct buf *whole,
                      struct buf *cut)
{
    struct bytes text = bytes_of(row->text, row->len);
    struct fed fed = feed_in_pieces(parser, text, text.len, 1);
    describe(parser, &fed, whole);
    if (!is_allowed(row, parser, fed))
        fail_msg("%s: %.*s", row->name, BYTES_FMT(buf_bytes(whole)));
    for (size_t i = 1; i < text.len; i++) {
        bool is_last = i + 1 == text.len;
        fed = feed_in_pieces(parser, text, is_last ? 1 : i, is_last ? 1 : text.len);
        describe(parser, &fed, cut);
        /* How often "more" is said depends on the cuts. A head of which nothing followed may be the
         * last word. */
        if (!bytes_equal(buf_bytes(whole), buf_bytes(cut)) &&
            !(row->path == NULL && row->status == 0 && !fed_is_over(&fed)))
            fail_msg("%s cut at %zu:\n  %.*s\n  %.*s", row->name, i, BYTES_FMT(buf_bytes(whole)),
                     BYTES_FMT(buf_bytes(cut)));
    }
}

static void check_rows(const struct row *rows, size_t count)
{
    struct http_parser *parser = NULL;
    struct buf whole = {0};
    struct buf cut = {0};
    CHECK(http_parser_new(&parser) == OK);
    for (size_t i = 0; i < count; i++)
        check_row(&rows[i], parser, &whole, &cut);
    http_parser_free(&parser);
    buf_free(&whole);
    buf_free(&cut);
}

#define ROWS_TEST(rows)                                                                            \
    static void test_##rows(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        check_rows(rows, COUNT_OF(rows));                                                          \
    }

ROWS_TEST(request_lines)
ROWS_TEST(line_ends)
ROWS_TEST(fields)
ROWS_TEST(hosts)
ROWS_TEST(content_lengths)
ROWS_TEST(transfer_codings)
ROWS_TEST(chunks)
ROWS_TEST(others)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_lines),   cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_fields),          cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_content_lengths), cmocka_unit_test(test_transfer_codings),
        cmocka_unit_test(test_chunks),          cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests_name("http/smuggling", tests, NULL, NULL);
}
