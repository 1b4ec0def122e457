#include "layer/memory.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

struct layer {
    unsigned channel_count;
    _Atomic uint64_t channels[LAYER_PLACES]; /* bit n: channel n is in a group of this place */
    uint32_t counts[]; /* for each channel and place, touched by that channel only */
};

static size_t place_of(uint64_t group)
{
    return (size_t)((group * UINT64_C(0x9e3779b97f4a7c15)) >> 50); /* the upper 14 bits */
}

static_assert(LAYER_PLACES == 1 << 14, "place_of() gives 14 bits");

static uint32_t *count_of(struct layer *layer, unsigned channel, size_t place)
{
    assert(channel < layer->channel_count);
    return &layer->counts[(size_t)channel * LAYER_PLACES + place];
}

enum err layer_new(unsigned channel_count, struct layer **out)
{
    assert(channel_count > 0 && channel_count <= LAYER_CHANNELS_MAX);
    struct layer *layer =
        calloc(1, sizeof *layer + (size_t)channel_count * LAYER_PLACES * sizeof layer->counts[0]);
    if (layer == NULL)
        return ERR_MEMORY;
    layer->channel_count = channel_count;
    *out = layer;
    return OK;
}

void layer_free(struct layer **layer)
{
    free(*layer);
    *layer = NULL;
}

void layer_group_add(struct layer *layer, uint64_t group, unsigned channel)
{
    size_t place = place_of(group);
    if ((*count_of(layer, channel, place))++ == 0)
        atomic_fetch_or(&layer->channels[place], UINT64_C(1) << channel);
}

void layer_group_discard(struct layer *layer, uint64_t group, unsigned channel)
{
    size_t place = place_of(group);
    uint32_t *count = count_of(layer, channel, place);
    assert(*count > 0);
    if (--*count == 0)
        atomic_fetch_and(&layer->channels[place], ~(UINT64_C(1) << channel));
}

uint64_t layer_group_channels(const struct layer *layer, uint64_t group)
{
    return atomic_load(&layer->channels[place_of(group)]);
}
