#include "core/images/image_loader.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <string>
#include <vector>

#include "core/images/held_file.h"

namespace rackcast {
namespace {

// Read, hash and write one of these at a time: it stays in the L2 cache between the three.
constexpr std::size_t kCopyBytes = 256 * 1024;
// File times come from the kernel's tick: 10 ms at 100 Hz; doubled.
constexpr std::int64_t kClockGranuleNs = 20'000'000;

struct DigestFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    ok_ = context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  }
  void update(std::span<const std::byte> data) {
    ok_ = ok_ && EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1;
  }
  [[nodiscard]] bool finish(std::array<std::byte, 32>& out) {
    return ok_ && EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr) == 1;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, DigestFree> context_;
  bool ok_ = false;
};

class ResidentImage final : public Image {
 public:
  ResidentImage(FileDescriptor memory, std::span<const std::byte> map, LiveBytes live)
      : memory_(std::move(memory)), live_(std::move(live)) {
    bytes = map;
    size_bytes = map.size();
    descriptor = memory_.get();
    live_->fetch_add(bytes.size());
  }
  ~ResidentImage() override {
    if (!bytes.empty()) ::munmap(const_cast<std::byte*>(bytes.data()), bytes.size());
    live_->fetch_sub(bytes.size());
  }

 private:
  FileDescriptor memory_;
  LiveBytes live_;
};

class HeldImage final : public Image {
 public:
  HeldImage(FileDescriptor file, FileStanding standing) : file_(std::move(file)), standing_(std::move(standing)) {
    identity = standing_.identity;
    size_bytes = identity.size_bytes;
    descriptor = file_.get();
  }
  [[nodiscard]] bool content_stands() const {
    const std::scoped_lock lock(mutex_);
    return rackcast::content_stands(descriptor, standing_);
  }

 private:
  FileDescriptor file_;
  mutable std::mutex mutex_;
  mutable FileStanding standing_;  // what the last look accepted; `identity` stays that of the opening
};

class PieceImage final : public Image {
 public:
  PieceImage(std::unique_ptr<std::byte[]> buffer, std::size_t size, LiveBytes live)
      : buffer_(std::move(buffer)), live_(std::move(live)) {
    bytes = std::span(buffer_.get(), size);
    live_->fetch_add(size);
  }
  ~PieceImage() override { live_->fetch_sub(bytes.size()); }

 private:
  std::unique_ptr<std::byte[]> buffer_;
  LiveBytes live_;
};

std::int64_t wall_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

bool settled_at(const FileIdentity& identity, std::int64_t copy_began_ns) {
  const std::int64_t age = copy_began_ns - std::max(identity.mtime_ns, identity.ctime_ns);
  return age < -kClockGranuleNs || age > kClockGranuleNs;  // far in the future: another host's clock, no help waiting
}

bool write_all(int descriptor, std::span<const std::byte> data) {
  while (!data.empty()) {
    const ssize_t written = ::write(descriptor, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data = data.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

// kLoaded here means: exactly `size` bytes are in `memory`.
LoadStatus copy(FileSource& source, int memory, std::uint64_t size, Sha256& digest) {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(size, kCopyBytes)));
  for (std::uint64_t at = 0; at < size;) {
    const auto room =
        std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(size - at, buffer.size())));
    const auto count = source.read_at(room, at);
    if (!count) return LoadStatus::kReadFailed;
    if (*count == 0) return LoadStatus::kChanged;  // cut short
    digest.update(room.first(*count));
    if (!write_all(memory, room.first(*count))) return LoadStatus::kNoMemory;
    at += *count;
  }
  return LoadStatus::kLoaded;
}

std::optional<std::span<const std::byte>> seal_and_map(int memory, std::uint64_t size) {
  if (::fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) return std::nullopt;
  if (size == 0) return std::span<const std::byte>{};
  void* const map = ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_PRIVATE | MAP_POPULATE, memory, 0);
  if (map == MAP_FAILED) return std::nullopt;
  return std::span(static_cast<const std::byte*>(map), static_cast<std::size_t>(size));
}

}  // namespace

std::optional<FileIdentity> DescriptorSource::identity() {
  struct stat facts {};
  if (::fstat(descriptor_, &facts) != 0) return std::nullopt;
  return identity_of(facts);
}

std::optional<std::size_t> DescriptorSource::read_at(std::span<std::byte> out, std::uint64_t offset) {
  for (;;) {
    const ssize_t count = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return std::nullopt;
  }
}

LoadOutcome load_resident(FileSource& source, const FileIdentity& expected, const LiveBytes& live) {
  const std::int64_t began_ns = wall_ns();
  FileDescriptor memory(::memfd_create("rackcast image", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.valid()) return {LoadStatus::kNoMemory, nullptr, false};
  Sha256 digest;
  const LoadStatus copied = copy(source, memory.get(), expected.size_bytes, digest);
  if (copied != LoadStatus::kLoaded) return {copied, nullptr, false};
  const auto identity = source.identity();
  if (!identity) return {LoadStatus::kReadFailed, nullptr, false};
  if (*identity != expected) return {LoadStatus::kChanged, nullptr, false};
  const auto map = seal_and_map(memory.get(), expected.size_bytes);
  if (!map) return {LoadStatus::kNoMemory, nullptr, false};
  auto image = std::make_shared<ResidentImage>(std::move(memory), *map, live);
  image->identity = expected;
  if (!digest.finish(image->sha256)) return {LoadStatus::kNoMemory, nullptr, false};
  return {LoadStatus::kLoaded, std::move(image), settled_at(expected, began_ns)};
}

std::shared_ptr<Image> hold_open(OpenedFile file) {
  std::string name = real_path_of(file.descriptor.get()).value_or("");
  struct stat facts {};
  if (::fstat(file.descriptor.get(), &facts) != 0 || identity_of(facts) != file.identity) return nullptr;
  return std::make_shared<HeldImage>(std::move(file.descriptor), standing_of(facts, std::move(name)));
}

LoadOutcome read_piece(const Image& whole, std::uint64_t offset, const LiveBytes& live) {
  const auto* const held = dynamic_cast<const HeldImage*>(&whole);
  if (held == nullptr || offset >= whole.size_bytes) return {LoadStatus::kReadFailed, nullptr, false};
  const std::uint64_t start = piece_start(offset);
  const auto size = static_cast<std::size_t>(std::min(whole.size_bytes - start, kPieceBytes + kPieceOverlapBytes));
  auto buffer = std::make_unique_for_overwrite<std::byte[]>(size);
  DescriptorSource source(whole.descriptor);
  for (std::size_t at = 0; at < size;) {
    const auto count = source.read_at(std::span(buffer.get() + at, size - at), start + at);
    if (!count) return {LoadStatus::kReadFailed, nullptr, false};
    if (*count == 0) return {LoadStatus::kChanged, nullptr, false};
    at += *count;
  }
  if (!held->content_stands()) return {LoadStatus::kChanged, nullptr, false};
  auto piece = std::make_shared<PieceImage>(std::move(buffer), size, live);
  piece->size_bytes = whole.size_bytes;
  piece->generation = whole.generation;
  piece->offset = start;
  piece->identity = whole.identity;
  return {LoadStatus::kLoaded, std::move(piece), true};
}

}  // namespace rackcast
