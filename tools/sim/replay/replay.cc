#include "tools/sim/replay/replay.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <fstream>
#include <iostream>

#include "core/config/parse.h"
#include "core/errno_text.h"
#include "core/file_descriptor.h"

namespace rackcast::sim {

namespace {

// What is produced in the last moments may have been sent after the recording ended.
constexpr Duration kGrace = std::chrono::seconds(1);

// A file's bytes, mapped for reading.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::string& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat facts {};
    if (!file || ::fstat(file.get(), &facts) != 0) return fail("cannot read " + path + ": " + errno_text(errno));
    if (!S_ISREG(facts.st_mode)) return fail(path + " is not a file; write the recording into one first");
    const auto size = static_cast<std::uint64_t>(facts.st_size);
    if (size == 0) return fail(path + " is empty");
    if (size > kCaptureBytesMax) return fail(path + " is larger than 2 GiB; record less, or cut it with editcap");
    void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapped == MAP_FAILED) return fail("cannot map " + path + ": " + errno_text(errno));
    return MappedFile({static_cast<const std::byte*>(mapped), size});
  }
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

Result<std::shared_ptr<const Config>> config_of(const std::string& path) {
  ConfigOutcome outcome = load_config(path);
  if (outcome.config == nullptr) return fail(path + " cannot be used: run rackcast check-config " + path);
  return outcome.config;
}

Result<ReplayReport> replay_file(const ReplayOptions& options) {
  auto config = config_of(options.config);
  if (!config) return tl::make_unexpected(config.error());
  auto file = MappedFile::open(options.file);
  if (!file) return tl::make_unexpected(file.error());
  auto report = replay(file->bytes(), *config, options.tree);
  if (!report) return fail(options.file + ": " + report.error().message);
  return report;
}

bool write_json(const std::string& path, const std::string& json, std::ostream& out) {
  if (path == "-") {
    out << json << '\n';
    return true;
  }
  std::ofstream file(path);
  file << json << '\n';
  return static_cast<bool>(file.flush());
}

}  // namespace

Result<ReplayReport> replay(std::span<const std::byte> file, std::shared_ptr<const Config> config,
                            const std::string& tree) {
  CaptureRules rules;
  std::optional<RootDirectory> root;
  if (config->tftp) {
    rules.tftp_ports.clear();
    for (const net::Endpoint& listen : config->tftp->listen) rules.tftp_ports.push_back(listen.port);
    auto opened = open_root(tree.empty() ? config->tftp->root : tree);
    if (!opened) return tl::make_unexpected(opened.error());
    root.emplace(std::move(*opened));
  }
  const auto capture = read_capture(file, rules);
  if (!capture) return tl::make_unexpected(capture.error());
  const WallTime end = capture->datagrams.empty() ? WallTime{} : capture->datagrams.back().time;
  Comparison comparison(end, kGrace);
  ReplayWorld world(*capture, std::move(config), std::move(root), comparison);
  world.run();

  ReplayReport report;
  report.comparison = comparison.result();
  report.counters = world.counters();
  report.frames = capture->frames;
  report.not_udp = capture->not_udp;
  report.cut = capture->cut;
  report.unrelated = capture->unrelated;
  report.damage = capture->damage;
  if (world.dhcp() != nullptr) report.dhcp = world.dhcp()->stats();
  if (world.tftp() != nullptr) report.tftp = world.tftp()->counters();
  return report;
}

int run_replay(const ReplayOptions& options, std::ostream& out, std::ostream& err) {
  const auto report = replay_file(options);
  if (!report) {
    err << "rackcast-sim replay: " << report.error().message << '\n';
    return 1;
  }
  // JSON on standard output is for a program: it comes alone.
  if (options.json != "-") out << replay_text(*report);
  if (!options.json.empty() && !write_json(options.json, replay_json(*report), out)) {
    err << "rackcast-sim replay: cannot write " << options.json << '\n';
    return 1;
  }
  return report->same() ? 0 : 1;
}

int run_replay(const ReplayOptions& options) {
  return run_replay(options, std::cout, std::cerr);
}

}  // namespace rackcast::sim
