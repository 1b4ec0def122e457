#include "chance.h"

static uint64_t state;

void chance_seed(uint64_t seed)
{
    state = seed;
}

/* splitmix64: every seed, also 0, gives a good sequence. */
uint64_t chance_next(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = state;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}
