#include "core/leases/machine_key.h"

#include <gtest/gtest.h>

#include <set>

#include "core/leases/sha256.h"

namespace rackcast {
namespace {

std::string hex(const std::array<std::uint8_t, 32>& digest) {
  std::string out;
  for (const std::uint8_t octet : digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[octet >> 4U];
    out += kDigits[octet & 15U];
  }
  return out;
}

// FIPS 180-4's own examples, and the lengths around a block's end, where padding takes one block or two.
TEST(Sha256, IsTheStandards) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(55, 'a'))), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(hex(sha256(std::string(64, 'a'))), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(MachineKey, KindsNeverMeet) {
  const std::string six("\x52\x54\0\0\0\x01", 6);
  const MachineKey mac = MachineKey::of_mac({{0x52, 0x54, 0, 0, 0, 1}});
  EXPECT_EQ(mac.bytes(), six);
  EXPECT_NE(mac, MachineKey::of_client_identifier(six));
  EXPECT_NE(MachineKey::of_host(six), MachineKey::of_client_identifier(six));
  EXPECT_TRUE(MachineKey::of_client_identifier("").is_none());
  EXPECT_TRUE(MachineKey().is_none());
}

TEST(MachineKey, ALongIdentifierIsADigestThatNoShortOneEquals) {
  const std::string longest(255, 'x');
  const MachineKey key = MachineKey::of_client_identifier(longest);
  EXPECT_EQ(key.kind(), MachineKey::Kind::kClientIdentifierDigest);
  EXPECT_EQ(key.bytes().size(), MachineKey::kBytesMax);
  EXPECT_NE(key, MachineKey::of_client_identifier(key.bytes()));
  EXPECT_NE(key, MachineKey::of_client_identifier(longest.substr(1)));
  const MachineKey whole = MachineKey::of_client_identifier(std::string(MachineKey::kBytesMax, 'x'));
  EXPECT_EQ(whole.kind(), MachineKey::Kind::kClientIdentifier);
}

TEST(MachineKey, IsReadBackAsItWasStoredAndNothingElseIs) {
  const MachineKey keys[] = {MachineKey::of_mac({{1, 2, 3, 4, 5, 6}}), MachineKey::of_uuid({1, 2, 3}),
                             MachineKey::of_client_identifier("short"),
                             MachineKey::of_client_identifier(std::string(23, 'y'))};
  for (const MachineKey& key : keys)
    EXPECT_EQ(MachineKey::from_stored(static_cast<std::int64_t>(key.kind()), key.bytes()), key) << key.text();
  for (std::int64_t kind = -1; kind < 260; ++kind) {
    if (kind == static_cast<std::int64_t>(MachineKey::Kind::kClientIdentifier)) continue;
    for (const std::size_t size : {0U, 1U, 5U, 7U, 15U, 17U, 21U, 23U, 255U})
      EXPECT_FALSE(MachineKey::from_stored(kind, std::string(size, 'z'))) << kind << ' ' << size;
  }
  EXPECT_FALSE(MachineKey::from_stored(3, ""));
  EXPECT_FALSE(MachineKey::from_stored(3, std::string(23, 'z')));
}

TEST(MachineKey, HashesDifferByKindLengthContentAndSeed) {
  std::set<std::uint64_t> hashes;
  for (const std::uint64_t seed : {1U, 2U}) {
    hashes.insert(MachineKey::of_client_identifier("a").hash(seed));
    hashes.insert(MachineKey::of_client_identifier(std::string_view("a\0", 2)).hash(seed));
    hashes.insert(MachineKey::of_client_identifier("abcdefg").hash(seed));
    hashes.insert(MachineKey::of_client_identifier("abcdefh").hash(seed));
    hashes.insert(MachineKey::of_host("a").hash(seed));
    hashes.insert(MachineKey().hash(seed));
  }
  EXPECT_EQ(hashes.size(), 12U);
}

TEST(MachineKey, Prints) {
  EXPECT_EQ(MachineKey::of_mac({{0x52, 0x54, 0, 0x12, 0xAB, 1}}).text(), "52:54:00:12:ab:01");
  EXPECT_EQ(MachineKey::of_client_identifier("\x01Z").text(), "id 01:5a");
  EXPECT_EQ(MachineKey::of_uuid({0x56, 0x4D}).text(), "uuid 564d0000000000000000000000000000");
}

}  // namespace
}  // namespace rackcast
