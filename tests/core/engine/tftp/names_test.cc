// What a request's name means: path rules, the names that quirks mean, the map file.
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using testing::bytes_of;

TEST_F(TftpEngineTest, NamesMeanWhatFirmwareMeansByThem) {
  for (const char* name : {"/a/b", "\\a\\b", "//a//b", "a/./b", "/tftpboot/a/b", "a/b\xFF", "x/../a/b"}) {
    rrq(name);
    ASSERT_EQ(harness.router.submitted.size(), 1U) << name;
    EXPECT_EQ(std::get<LoadImage>(harness.router.submitted.front()).path.view(), "a/b") << name;
    loaded(nullptr, ImageStatus::kFailed);
  }
  EXPECT_EQ(engine->quirks()[Quirk::kEndByteInName], 1U);
}

TEST_F(TftpEngineTest, ABareNameThatIsNotThereIsLookedForBesideTheBootFile) {
  Machine machine;
  machine.mac = {{2, 0, 0, 0, 0, 1}};
  machine.address = peer().address.v4();
  machine.boot_file = "/tftpboot/efi/shimx64.efi";
  complete(MachineChanged{machine});
  rrq("grubx64.efi");
  loaded(nullptr, ImageStatus::kNotFound);
  ASSERT_EQ(asked_path(), "efi/grubx64.efi");
  loaded(file(bytes_of("second stage")));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->quirks()[Quirk::kBareSecondStage], 1U);
  // Another machine, of which nothing is known, and the same from the cache.
  rrq("grubx64.efi", {}, peer(2));
  EXPECT_EQ(sent_text(), "E1");
  rrq("grubx64.efi", {}, peer(1, 2'071));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->quirks()[Quirk::kBareSecondStage], 2U);
}

TEST_F(TftpEngineTest, WhatShimReadsInGarbledLoadOptionsIsItsSecondStage) {
  rrq("loader/?USB");
  ASSERT_EQ(asked_path(), "loader/?USB");
  loaded(nullptr, ImageStatus::kNotFound);
  ASSERT_EQ(asked_path(), "loader/grubx64.efi");
  loaded(file(bytes_of("second stage")));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->quirks()[Quirk::kGarbledSecondStage], 1U);
  Machine machine;
  machine.mac = {{2, 0, 0, 0, 0, 2}};
  machine.address = peer(2).address.v4();
  machine.architecture = 11;
  machine.boot_file = "arm/shimaa64.efi";
  complete(MachineChanged{machine});
  rrq("\xEF\xBF\xBDOnboard", {}, peer(2));
  loaded(nullptr, ImageStatus::kNotFound);
  loaded(nullptr, ImageStatus::kNotFound);  // beside shim
  ASSERT_EQ(asked_path(), "arm/grubaa64.efi");
  loaded(file(bytes_of("second stage")));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->quirks()[Quirk::kGarbledSecondStage], 2U);
}

Machine machine_at(const net::Endpoint& where) {
  Machine machine;
  machine.mac = {{2, 0, 0, 0xAB, 0, 1}};
  machine.address = where.address.v4();
  return machine;
}

TEST_F(TftpEngineTest, AMachinesOwnFolderByItsHardwareAddressComesBeforeTheCommonFile) {
  TftpConfig tftp;
  tftp.unique_root = UniqueRoot::kMac;
  build(tftp);
  complete(MachineChanged{machine_at(peer())});
  rrq("pxelinux.cfg/default");
  ASSERT_EQ(asked_path(), "02-00-00-ab-00-01/pxelinux.cfg/default");
  loaded(file(bytes_of("own")));
  EXPECT_EQ(sent_text(), "D1");
  // Another file of its, which only the common folder has.
  rrq("vmlinuz", {}, peer(1, 2'071));
  ASSERT_EQ(asked_path(), "02-00-00-ab-00-01/vmlinuz");
  loaded(nullptr, ImageStatus::kNotFound);
  ASSERT_EQ(asked_path(), "vmlinuz");
  loaded(file(bytes_of("common")));
  EXPECT_EQ(sent_text(), "D1");
  // Of this one nothing is known: it has no folder.
  rrq("pxelinux.cfg/default", {}, peer(2));
  ASSERT_EQ(asked_path(), "pxelinux.cfg/default");
}

TEST_F(TftpEngineTest, AMachinesOwnFolderByItsAddressComesBeforeTheCommonFile) {
  TftpConfig tftp;
  tftp.unique_root = UniqueRoot::kIp;
  build(tftp);
  const std::string own(peer().address.text().view());
  rrq("file");
  ASSERT_EQ(asked_path(), own + "/file");
  loaded(nullptr, ImageStatus::kNotFound);
  ASSERT_EQ(asked_path(), "file");
  loaded(file(bytes_of("common")));
  EXPECT_EQ(sent_text(), "D1");
  rrq("file", {}, peer(2));
  ASSERT_EQ(asked_path(), std::string(peer(2).address.text().view()) + "/file");
}

TEST_F(TftpEngineTest, AFileThatNeitherFolderHasIsOneNotFoundForTheNameAsked) {
  TftpConfig tftp;
  tftp.unique_root = UniqueRoot::kIp;
  build(tftp);
  rrq("missing");
  loaded(nullptr, ImageStatus::kNotFound);
  loaded(nullptr, ImageStatus::kNotFound);
  EXPECT_EQ(sent_text(), "E1");
  EXPECT_EQ(count(Counter::kNotFound), 1U);
  EXPECT_EQ(events().back().path.view(), "missing") << "as asked, not as looked for";
}

TEST_F(TftpEngineTest, AWindowsNameIsLookedForInAnyCase) {
  rrq("\\Boot\\bcd");
  ASSERT_EQ(asked_path(), "Boot/bcd");
  loaded(nullptr, ImageStatus::kNotFound);
  ASSERT_EQ(asked_in_any_case(asked_path()), "Boot/bcd");
  loaded(file(bytes_of("store")));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->quirks()[Quirk::kNameInAnyCase], 1U);
  // With slashes it is another client's name, and not there.
  rrq("Boot/bcd", {}, peer(2));
  EXPECT_EQ(sent_text(), "E1");
}

TEST_F(TftpEngineTest, EveryOtherNameMissingIsOneNotFoundForTheNameAsked) {
  rrq("\\nothing");
  loaded(nullptr, ImageStatus::kNotFound);
  loaded(nullptr, ImageStatus::kNotFound);
  EXPECT_EQ(sent_text(), "E1");
  EXPECT_EQ(count(Counter::kNotFound), 1U);
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events().front().path.view(), "nothing");
  rrq("\\nothing", {}, peer(2));
  EXPECT_EQ(sent_text(), "E1");
  EXPECT_EQ(count(Counter::kCacheNegativeHits), 1U);
}

TEST_F(TftpEngineTest, TheMapFileRenamesAndRefuses) {
  name_map = "r ^boot/ images/\na ^secret nothing\\ for\\ you\n";
  build({});
  rrq("boot/vmlinuz");
  EXPECT_EQ(asked_path(), "images/vmlinuz");
  loaded(file(bytes_of("kernel")));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(count(Counter::kNamesMapped), 1U);
  rrq("secret/key", {}, peer(2));
  const auto refused = sent();
  ASSERT_EQ(refused.size(), 1U);
  const tftp::Packet packet = tftp::parse(refused[0].payload);
  const auto& error = std::get<tftp::ErrorReport>(packet);
  EXPECT_EQ(error.code, tftp::ErrorCode::kAccessViolation);
  EXPECT_EQ(error.text, "nothing for you");
  EXPECT_TRUE(harness.router.submitted.empty());
}

TEST_F(TftpEngineTest, WhatTheMapFileMakesOfANameStaysUnderTheRoot) {
  name_map = "r ^up ../../etc\n";
  build({});
  rrq("up/passwd");
  EXPECT_EQ(sent_text(), "E1");
  EXPECT_TRUE(harness.router.submitted.empty());
}

TEST_F(TftpEngineTest, CandidatesOfTheMapFileAreTriedUntilOneIsThere) {
  name_map = "rE ^ own/\nrE ^ common/\n";
  build({});
  rrq("grub.cfg");
  EXPECT_EQ(asked_path(), "own/grub.cfg");
  loaded(nullptr, ImageStatus::kNotFound);
  EXPECT_EQ(asked_path(), "common/grub.cfg");
  loaded(nullptr, ImageStatus::kNotFound);
  EXPECT_EQ(asked_path(), "grub.cfg");
  loaded(file(bytes_of("menu")));
  EXPECT_EQ(sent_text(), "D1");
  rrq("grub.cfg", {}, peer(2));
  EXPECT_EQ(sent_text(), "D1") << "and from the cache";
}

TEST_F(TftpEngineTest, ANameThatLeavesTheRootIsNotFoundAndNeverReachesTheStore) {
  for (const char* name : {"../etc/passwd", "..\\..\\x", "a/../../x"}) {
    rrq(name);
    EXPECT_EQ(sent_text(), "E1") << name;
  }
  EXPECT_TRUE(harness.router.submitted.empty());
  EXPECT_EQ(count(Counter::kPathRejected), 3U);
  EXPECT_EQ(kinds(), std::vector(3, EventKind::kRefused));
}

TEST_F(TftpEngineTest, TftpIsSwitchedOffWhileASecondNameIsLookedFor) {
  rrq("dir\\file");
  ASSERT_EQ(asked_path(), "dir/file");
  loaded(nullptr, ImageStatus::kNotFound);
  ASSERT_FALSE(harness.router.submitted.empty()) << "another name";
  complete(ConfigSwapped{std::make_shared<Config>()});
  loaded(file(bytes_of("x")));
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(sent_text(), "");
}

}  // namespace
}  // namespace rackcast::engine
