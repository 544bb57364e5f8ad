// SPDX-License-Identifier: MIT OR Apache-2.0
#include "testing.h"

#include <zlib.h>

static void u16(std::string &s, size_t x)
{
    s += (char)(x & 255);
    s += (char)(x >> 8 & 255);
}

static void u32(std::string &s, size_t x)
{
    u16(s, x & 0xffff);
    u16(s, x >> 16);
}

static std::string deflate_raw(const std::string &data)
{
    z_stream z = {};
    deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&z, data.size()), 0);
    z.next_in = (Bytef *)data.data();
    z.avail_in = (uInt)data.size();
    z.next_out = (Bytef *)out.data();
    z.avail_out = (uInt)out.size();
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

// What the local header and the directory have in common.
static std::string header(const Entry &e, size_t packed)
{
    std::string s;
    u16(s, 20);
    u16(s, 0);
    u16(s, e.deflated ? 8 : 0);
    u32(s, 0);
    u32(s, crc32(0, (const Bytef *)e.data.data(), (uInt)e.data.size()));
    u32(s, packed);
    u32(s, e.data.size());
    u16(s, e.name.size());
    u16(s, 0);
    return s;
}

std::string zip(const std::vector<Entry> &entries)
{
    std::string file, directory;
    for (const Entry &e : entries) {
        std::string packed = e.deflated ? deflate_raw(e.data) : e.data, common = header(e, packed.size());
        directory += std::string("PK\1\2\0\0", 6) + common;
        u16(directory, 0);
        u32(directory, 0);
        u32(directory, 0);
        u32(directory, file.size());
        directory += e.name;
        file += "PK\3\4" + common + e.name + packed;
    }
    std::string end = std::string("PK\5\6\0\0\0\0", 8);
    u16(end, entries.size());
    u16(end, entries.size());
    u32(end, directory.size());
    u32(end, file.size());
    u16(end, 0);
    return file + directory + end;
}

std::string torch_file(const std::string &pickle, const std::vector<std::string> &storages)
{
    std::vector<Entry> entries = {{"archive/data.pkl", "\x80\x02" + pickle}, {"archive/version", "3\n"}};
    for (size_t i = 0; i < storages.size(); i++)
        entries.push_back({"archive/data/" + std::to_string(i), storages[i]});
    return zip(entries);
}
