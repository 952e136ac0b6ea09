#include "tools/sim/verdict/file_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <tuple>

#include "tests/support/temporary_tree.h"
#include "tests/tools/sim/verdict/sample_run.h"
#include "tools/sim/machines/digest.h"
#include "tools/sim/verdict/tree_files.h"

namespace rackcast::sim {
namespace {

using namespace testing_verdict;
using rackcast::testing::TemporaryTree;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kKernel = "the kernel's bytes";

std::uint64_t digest_of_text(std::string_view text) {
  return digest_of(std::as_bytes(std::span(text)));
}

FileReceived whole(std::string_view path, std::string_view text, FileProtocol protocol = FileProtocol::kTftp) {
  return file(path, text.size(), digest_of_text(text), protocol);
}

std::vector<std::uint32_t> blamed(const LedgerOutcome& outcome) {
  std::vector<std::uint32_t> machines;
  for (const WrongBytes& wrong : outcome.machines) machines.push_back(wrong.machine.value());
  return machines;
}

TEST(FileLedger, WithoutATreeTheMinorityIsWrong) {
  FileLedger ledger(10, nullptr);
  for (std::uint32_t i = 0; i < 10; ++i) ledger.add(MachineId(i), file("vmlinuz", 50, i == 4 || i == 7 ? 9 : 1));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_THAT(blamed(outcome), ElementsAre(4, 7));
  EXPECT_THAT(outcome.wrong_files, ElementsAre("vmlinuz: 2 machines got other bytes than most machines"));
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("no tree to check against")));
}

TEST(FileLedger, ADifferentSizeIsSaidSo) {
  FileLedger ledger(3, nullptr);
  for (std::uint32_t i = 0; i < 3; ++i) ledger.add(MachineId(i), file("initrd.img", i == 0 ? 49 : 50, i == 0 ? 2 : 1));
  const LedgerOutcome outcome = ledger.check();
  ASSERT_EQ(outcome.machines.size(), 1U);
  EXPECT_EQ(outcome.machines[0].detail, "initrd.img: 49 bytes instead of 50");
}

TEST(FileLedger, WithoutAMajorityNobodyIsRight) {
  FileLedger ledger(4, nullptr);
  for (std::uint32_t i = 0; i < 4; ++i) ledger.add(MachineId(i), file("vmlinuz", 50, i % 2));
  EXPECT_THAT(blamed(ledger.check()), ElementsAre(0, 1, 2, 3));
}

TEST(FileLedger, AgreementAndASingleReaderAreFine) {
  FileLedger ledger(5, nullptr);
  for (std::uint32_t i = 0; i < 5; ++i) ledger.add(MachineId(i), file("vmlinuz", 50, 1));
  ledger.add(MachineId(2), file("pxelinux.cfg/default", 7, 3));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_THAT(outcome.machines, IsEmpty());
  EXPECT_THAT(outcome.wrong_files, IsEmpty());
  EXPECT_EQ(outcome.files, 2U);
  EXPECT_EQ(outcome.files_unproven, 1U);
  EXPECT_EQ(outcome.files_unchecked, 0U);
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("no tree"), HasSubstr("pxelinux.cfg/default: unproven")));
}

TEST(FileLedger, AMachineCountsOnceHoweverOftenItReads) {
  FileLedger ledger(3, nullptr);
  for (int again = 0; again < 10; ++again) ledger.add(MachineId(0), file("vmlinuz", 50, 2));  // it restarts a lot
  for (const std::uint32_t i : {1U, 2U}) ledger.add(MachineId(i), file("vmlinuz", 50, 1));
  EXPECT_THAT(blamed(ledger.check()), ElementsAre(0));
}

TEST(FileLedger, TheSamePathByAnotherProtocolIsAnotherFile) {
  FileLedger ledger(4, nullptr);
  for (std::uint32_t i = 0; i < 4; ++i)
    ledger.add(MachineId(i), file("/ks.cfg", 50, i % 2, i % 2 == 0 ? FileProtocol::kHttp : FileProtocol::kFtp));
  EXPECT_THAT(ledger.check().machines, IsEmpty());
}

TEST(FileLedger, MoreVariantsThanItKeepsAreAllWrong) {
  FileLedger ledger(100, nullptr);
  for (std::uint32_t i = 0; i < 100; ++i) ledger.add(MachineId(i), file("vmlinuz", 50, i < 40 ? 0 : i));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_EQ(outcome.machines.size(), 60U);
  EXPECT_EQ(outcome.machines.front().machine, MachineId(40));
}

TEST(FileLedger, ManyWrongFilesAreCountedNotListed) {
  FileLedger ledger(3, nullptr);
  for (int n = 0; n < 200; ++n)
    for (std::uint32_t i = 0; i < 3; ++i) ledger.add(MachineId(i), file("f" + std::to_string(n), 1, i == 0 ? 1 : 2));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_EQ(outcome.wrong_files.size(), kWrongFilesShownMax + 1);
  EXPECT_EQ(outcome.wrong_files.back(), "and 150 more files");
}

class TreeTest : public ::testing::Test {
 protected:
  TreeTest() {
    tree_.write("tftpboot/vmlinuz", kKernel);
    tree_.write("tree/packages/a.rpm", "a package");
    tree_.write("top.txt", "beside both");
  }
  TreeFiles begin() { return TreeFiles(roots_of(tree_.path(""))); }
  // Until what is written gets a stamp after now: they are up to one tick late.
  static void let_clock_tick() {
    timespec now{};
    timespec stamp{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    do {
      ::clock_gettime(CLOCK_REALTIME_COARSE, &stamp);
    } while (std::tie(stamp.tv_sec, stamp.tv_nsec) <= std::tie(now.tv_sec, now.tv_nsec));
  }

  TemporaryTree tree_;
};

TEST_F(TreeTest, FindsWhatMachinesAskFor) {
  TreeFiles files = begin();
  const auto known = [&](FileProtocol protocol, std::string_view path) {
    return files.find(protocol, path).knowledge == Knowledge::kKnown;
  };
  for (const char* path : {"vmlinuz", "/vmlinuz", "\\vmlinuz", "//./vmlinuz", "a/../vmlinuz"})
    EXPECT_TRUE(known(FileProtocol::kTftp, path)) << path;
  EXPECT_TRUE(known(FileProtocol::kTftp, tree_.path("tftpboot/vmlinuz"))) << "the root itself may be named";
  EXPECT_TRUE(known(FileProtocol::kHttp, "/packages/a.rpm"));
  EXPECT_TRUE(known(FileProtocol::kFtp, "/packages/a.rpm"));
  EXPECT_TRUE(known(FileProtocol::kFtp, "/top.txt")) << "DIR itself is the last resort";
  for (const char* path : {"", "/", "missing", "../top.txt", "../../etc/passwd", "tree", "packages/a.rpm"})
    EXPECT_FALSE(known(FileProtocol::kTftp, path)) << path;
  EXPECT_FALSE(known(FileProtocol::kTftp, std::string_view("vmlinuz\0.txt", 12)));
  EXPECT_FALSE(known(FileProtocol::kHttp, "/vmlinuz")) << "another root";
  const ExpectedFile kernel = files.find(FileProtocol::kTftp, "vmlinuz");
  EXPECT_EQ(kernel.bytes, kKernel.size());
  EXPECT_EQ(kernel.digest, digest_of_text(kKernel));
}

TEST_F(TreeTest, AFingerprintIsMadeOnce) {
  TreeFiles files = begin();
  const ExpectedFile before = files.find(FileProtocol::kTftp, "vmlinuz");
  let_clock_tick();
  tree_.write("tftpboot/vmlinuz", "later bytes");
  const ExpectedFile after = files.find(FileProtocol::kTftp, "/vmlinuz");
  EXPECT_EQ(after.knowledge, Knowledge::kKnown);
  EXPECT_EQ(after.digest, before.digest);
}

TEST_F(TreeTest, AFileThatChangedSinceTheBeginningIsNotTheTruth) {
  TreeFiles files = begin();
  TreeFiles later = begin();
  let_clock_tick();
  tree_.write("tftpboot/vmlinuz", "new bytes");
  tree_.write("fresh", "x");
  tree_.rename("fresh", "tree/packages/a.rpm");
  EXPECT_EQ(later.find(FileProtocol::kTftp, "vmlinuz").knowledge, Knowledge::kChanged);
  EXPECT_EQ(later.find(FileProtocol::kHttp, "packages/a.rpm").knowledge, Knowledge::kChanged);
  FileLedger ledger(2, &files);
  ledger.add(MachineId(0), whole("vmlinuz", kKernel));
  ledger.add(MachineId(1), whole("vmlinuz", "new bytes"));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_THAT(outcome.machines, IsEmpty()) << "one was served before, one after";
  EXPECT_EQ(outcome.files_checked, 0U);
  EXPECT_EQ(outcome.files_unchecked, 1U);
  EXPECT_THAT(outcome.notes, ElementsAre("vmlinuz: changed since the run began; compared between machines only"));
}

TEST_F(TreeTest, AFileThatOnlyItsOwnerTouchedIsStillChecked) {
  TreeFiles files = begin();
  let_clock_tick();
  tree_.write("tftpboot/vmlinuz", kKernel);  // the same bytes with a later stamp
  FileLedger ledger(2, &files);
  for (const std::uint32_t i : {0U, 1U}) ledger.add(MachineId(i), whole("vmlinuz", kKernel));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_EQ(outcome.files_checked, 1U);
  EXPECT_EQ(outcome.files_unchecked, 0U);
  EXPECT_THAT(outcome.notes, IsEmpty());
}

TEST_F(TreeTest, AThirdVersionOfAChangedFileIsWrong) {
  TreeFiles files = begin();
  let_clock_tick();
  tree_.write("tftpboot/vmlinuz", "new bytes");
  FileLedger ledger(6, &files);
  for (std::uint32_t i = 0; i < 6; ++i)
    ledger.add(MachineId(i), whole("vmlinuz", i == 4 ? "torn bytes" : i < 3 ? kKernel : "new bytes"));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_THAT(blamed(outcome), ElementsAre(4));
  EXPECT_THAT(outcome.wrong_files, ElementsAre("vmlinuz: 1 machine got other bytes than before and after the change"));
  EXPECT_EQ(outcome.files_unchecked, 1U);
}

TEST_F(TreeTest, AChangedFileThatNobodyGotAsItIsNowIsUnchecked) {
  TreeFiles files = begin();
  let_clock_tick();
  tree_.write("tftpboot/vmlinuz", "new bytes");
  FileLedger ledger(2, &files);
  for (const std::uint32_t i : {0U, 1U}) ledger.add(MachineId(i), whole("vmlinuz", "wrong for everyone"));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_THAT(outcome.machines, IsEmpty());
  EXPECT_EQ(outcome.files_unchecked, 1U);
}

TEST(FileLedger, ReceiptsOfMoreFilesThanItKeepsAreUnchecked) {
  FileLedger ledger(1, nullptr);
  for (std::size_t i = 0; i < kLedgerFilesMax + 3; ++i) ledger.add(MachineId(0), file(std::to_string(i), 1, 1));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_EQ(outcome.files, kLedgerFilesMax);
  EXPECT_EQ(outcome.files_unchecked, 3U);
}

TEST_F(TreeTest, TheTreeIsRightWhateverMostMachinesGot) {
  TreeFiles files = begin();
  FileLedger ledger(5, &files);
  for (std::uint32_t i = 0; i < 5; ++i)
    ledger.add(MachineId(i), whole("/vmlinuz", i == 2 ? kKernel : "the kernel's bites"));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_THAT(blamed(outcome), ElementsAre(0, 1, 3, 4));
  EXPECT_EQ(outcome.machines[0].detail, "/vmlinuz: other bytes than the tree's");
  EXPECT_THAT(outcome.wrong_files, ElementsAre("/vmlinuz: 4 machines got other bytes than the tree's"));
  EXPECT_EQ(outcome.files_checked, 1U);
}

TEST_F(TreeTest, EveryMachineMayBeWrong) {
  TreeFiles files = begin();
  FileLedger ledger(2, &files);
  for (std::uint32_t i = 0; i < 2; ++i) ledger.add(MachineId(i), whole("vmlinuz", kKernel.substr(1)));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_THAT(blamed(outcome), ElementsAre(0, 1));
  EXPECT_EQ(outcome.machines[0].detail, "vmlinuz: 17 bytes instead of 18");
}

TEST_F(TreeTest, WhatOneMachineAloneReadIsUnprovenUnlessTheTreeHasIt) {
  TreeFiles files = begin();
  FileLedger ledger(3, &files);
  ledger.add(MachineId(0), whole("vmlinuz", kKernel));
  for (int again = 0; again < 3; ++again) ledger.add(MachineId(1), whole("made-up.cfg", "a"));
  for (const std::uint32_t i : {0U, 1U}) ledger.add(MachineId(i), whole("another.cfg", "same"));
  const LedgerOutcome outcome = ledger.check();
  EXPECT_THAT(outcome.machines, IsEmpty());
  EXPECT_EQ(outcome.files, 3U);
  EXPECT_EQ(outcome.files_checked, 1U);
  EXPECT_EQ(outcome.files_unproven, 1U);
  EXPECT_EQ(outcome.files_unchecked, 0U);
}

TEST_F(TreeTest, WhatIsNotInTheTreeIsComparedBetweenMachines) {
  TreeFiles files = begin();
  FileLedger ledger(3, &files);
  for (std::uint32_t i = 0; i < 3; ++i) {
    ledger.add(MachineId(i), whole("made-up.cfg", i == 0 ? "a" : "b"));
    ledger.add(MachineId(i), whole("another.cfg", "same"));
  }
  const LedgerOutcome outcome = ledger.check();
  EXPECT_THAT(blamed(outcome), ElementsAre(0));
  EXPECT_THAT(outcome.notes,
              ElementsAre("another.cfg and 1 more files: not in the tree; compared between machines only"));
}

}  // namespace
}  // namespace rackcast::sim
