#include "http/byte_set.h"

/* One bit for each byte, lowest first. tests/unit/http/test_byte_set.c spells the classes out and
 * compares. */
const struct byte_set BYTE_SET_TOKEN = {{0x03ff6cfa00000000u, 0x57ffffffc7fffffeu, 0, 0}};
const struct byte_set BYTE_SET_TARGET = {{0xfffffff600000000u, 0x7fffffffffffffffu, 0, 0}};
const struct byte_set BYTE_SET_VALUE = {
    {0xffffffff00000200u, 0x7fffffffffffffffu, UINT64_MAX, UINT64_MAX}};
const struct byte_set BYTE_SET_PRINT = {{0xffffffff00000200u, 0x7fffffffffffffffu, 0, 0}};
const struct byte_set BYTE_SET_HEX = {{0x03ff000000000000u, 0x0000007e0000007eu, 0, 0}};
const struct byte_set BYTE_SET_DIGIT = {{0x03ff000000000000u, 0, 0, 0}};
const struct byte_set BYTE_SET_HOST = {{0x03ff600000000000u, 0x47fffffe87fffffeu, 0, 0}};
const struct byte_set BYTE_SET_IPV6 = {{0x07ff400000000000u, 0x0000007e0000007eu, 0, 0}};
const struct byte_set BYTE_SET_BOUNDARY = {{0xa7fffb8100000000u, 0x07fffffe87fffffeu, 0, 0}};
