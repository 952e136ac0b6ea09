#include "tools/rackcastd/daemon.h"

#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "core/config/folders.h"
#include "core/config/in_force.h"
#include "core/config/map_file.h"
#include "core/config/parse.h"
#include "core/config/reload.h"
#include "core/leases/sqlite_store.h"
#include "tools/oldfiles/system_host.h"
#include "tools/rackcastd/host_notices.h"
#include "tools/rackcastd/measures.h"
#include "tools/rackcastd/old_files.h"

namespace rackcast {

namespace {

// HTTP and FTP transfers that move on when the daemon is told to stop get this long; lanes have their own grace.
constexpr io::Milliseconds kStreamStopGrace{5'000};

constexpr const char* kLeasesName = "/leases.db";  // in the state folder

WallTime wall_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

RecordedInterface recorded(const io::InterfaceFacts& facts) {
  RecordedInterface interface {
    facts.name, facts.index, facts.mac, {}
  };
  for (const io::InterfaceAddress& address : facts.addresses) {
    if (!address.address.is_v4()) continue;
    const net::Ipv4Prefix prefix{{}, address.prefix_bits};
    interface.addresses.push_back({address.address.v4(), net::Ipv4Address(prefix.mask())});
  }
  return interface;
}

std::shared_ptr<const Config> with_flags(const Config& config, const DaemonOptions& options) {
  auto changed = std::make_shared<Config>(config);
  if (options.io) changed->server.io = *options.io;
  if (options.cores) changed->server.cores = *options.cores;
  if (options.log_level) changed->log.level = *options.log_level;
  if (!options.foreground) changed->log.syslog = true;  // in the background there is nowhere else
  return changed;
}

}  // namespace

std::shared_ptr<const Config> load_daemon_config(const DaemonOptions& options, std::vector<std::string>& notices) {
  if (options.from_old_files()) {
    OldConfiguration old = load_old_files(options);
    notices = std::move(old.lines);
    if (old.config != nullptr) return with_flags(*old.config, options);
    for (const std::string& line : notices) std::fprintf(stderr, "%s\n", line.c_str());
    return nullptr;
  }
  const ConfigOutcome outcome = load_config(options.config_file);
  for (const Problem& problem : outcome.problems)
    std::fprintf(stderr, "%s\n", problem_line(options.config_file, problem).c_str());
  if (outcome.config == nullptr) return nullptr;
  auto config = with_flags(*outcome.config, options);
  if (options.cores)  // the file's own list was checked as it was read
    for (const unsigned core : config->server.stream_cores)
      if (std::find(options.cores->begin(), options.cores->end(), core) != options.cores->end())
        std::fprintf(stderr,
                     "rackcastd: warning: core %u of --cores is in [server].stream_cores too: HTTP and FTP will "
                     "slow its lane\n",
                     core);
  return config;
}

Daemon::Daemon(const DaemonOptions& options, std::shared_ptr<const Config> config)
    : options_(options),
      config_(std::move(config)),
      log_sink_(config_->log.syslog),
      event_log_(log_sink_, log_level(config_->log.level)),
      board_(boot_files_of(*config_)),
      board_api_(board_, [this] { return measures(); }),
      pump_({&event_log_, &board_, &machine_feed_}) {}

Result<std::unique_ptr<Daemon>> Daemon::start(const DaemonOptions& options, std::shared_ptr<const Config> config,
                                              const std::vector<std::string>& notices) {
  std::unique_ptr<Daemon> daemon(new Daemon(options, std::move(config)));
  for (const std::string& notice : notices) daemon->say(LogLevel::kWarning, notice);
  for (const auto step :
       {&Daemon::check_limits, &Daemon::open_sockets, &Daemon::become_user, &Daemon::open_stores, &Daemon::open_uploads,
        &Daemon::start_lanes, &Daemon::start_streams, &Daemon::start_control}) {
    if (auto done = (daemon.get()->*step)(); !done) return tl::make_unexpected(done.error());
  }
  daemon->say_notices();
  daemon->board_api_.set_status(daemon->status("ok"));
  return daemon;
}

Daemon::~Daemon() {
  stop();
}

// Descriptors: connections of each stream thread (one FTP session holds up to four), images, sockets of each lane.
Result<void> Daemon::check_limits() {
  const ServerConfig& server = config_->server;
  if (server.cores.size() + server.stream_cores.size() + 2 > EventPump::kQueuesMax) {
    return fail("[server].cores and stream_cores name more than " + std::to_string(EventPump::kQueuesMax - 2) +
                " threads together; name fewer");
  }
  const rlim_t wanted = std::max<std::size_t>(server.stream_cores.size(), 1) * 4 * io::StreamLimits{}.connections_max +
                        ImageStoreOptions{}.images_max + std::max<std::size_t>(server.cores.size(), 1) * 64;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return {};
  files.rlim_cur = files.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_max < wanted) {
    say(LogLevel::kInfo, "at most " + std::to_string(files.rlim_max) + " descriptors, a full house may want " +
                             std::to_string(wanted) + ": raise the limit (ulimit -n, LimitNOFILE=) for big racks");
  }
  return {};
}

void Daemon::say_notices() {
  for (const std::string& notice : host_notices(*config_, lanes_->interfaces(), neighbours_max_of_this_host()))
    say(LogLevel::kWarning, notice);
}

Result<void> Daemon::open_sockets() {
  auto lanes = LaneGroup::open(*config_);
  if (!lanes) return tl::make_unexpected(lanes.error());
  lanes_ = std::move(*lanes);
  // A reload may turn probes on, when privileges are gone.
  if (config_->dhcp && config_->dhcp->mode == DhcpMode::kAuthoritative) {
    auto probes = io::ProbeSockets::open(lanes_->interfaces());
    if (probes)
      probe_sockets_ = std::move(*probes);
    else if (config_->dhcp->conflict_probe != ConflictProbe::kOff)
      return tl::make_unexpected(probes.error());
  }
  if (!config_->http && !config_->ftp && !config_->board) return {};
  auto streams = io::StreamSockets::open(*config_);
  if (!streams) return tl::make_unexpected(streams.error());
  stream_sockets_ = std::move(*streams);
  return {};
}

// While root reads everything: the folder may be closed to the user we become. Where a store exists there is, but for a
// crash at the wrong moment, nothing to take over, and a large file is not read in vain.
void Daemon::read_old_leases_of() {
  if (!config_->dhcp || config_->dhcp->import_leases.empty() || old_leases_) return;
  old_leases_ = read_old_leases(*config_->dhcp, *system_host(), wall_now());
}

Result<void> Daemon::take_over_leases(SqliteLeaseStore& store) {
  const auto empty = store.is_empty();
  if (!empty) return tl::make_unexpected(empty.error());
  if (!*empty) return {};
  read_old_leases_of();
  if (!old_leases_) return {};
  for (const std::string& note : old_leases_->notes) say(LogLevel::kWarning, note);
  if (old_leases_->summary.empty()) {
    say(LogLevel::kWarning, "no old leases are taken over: the pools are held to be free");
    return {};
  }
  if (auto taken = store.take_over(old_leases_->leases); !taken) return taken;
  say(LogLevel::kInfo, "took over " + old_leases_->summary);
  return {};
}

Result<void> Daemon::become_user() {
  if (config_->dhcp && ::access((config_->server.state_dir + kLeasesName).c_str(), F_OK) != 0) read_old_leases_of();
  UserIds user;
  if (geteuid() == 0) {  // else there is nothing to drop and nobody to look up
    auto found = find_user(config_->server.user);
    if (!found) return tl::make_unexpected(found.error());
    user = std::move(*found);
  }
  if (config_->dhcp) {
    if (auto made = prepare_dir("[server].state_dir", config_->server.state_dir, user); !made) return made;
  }
  open_control(user);
  if (config_->tftp && !config_->tftp->upload.dir.empty()) {  // by default in the state directory, which is there now
    if (auto made = prepare_dir("[tftp].upload_dir", config_->tftp->upload.dir, user); !made) return made;
  }
  return drop_privileges(user);
}

// The control socket is made while still root. A daemon without one serves all the same, and says what is missing.
void Daemon::open_control(const UserIds& user) {
  const std::string& folder = config_->server.state_dir;
  auto prepared = prepare_dir("[server].state_dir", folder, user);
  auto socket = prepared ? io::ControlSocket::open(io::control_path(folder), user.gid)
                         : Result<io::ControlSocket>(tl::make_unexpected(prepared.error()));
  if (!socket) return say(LogLevel::kWarning, socket.error().message + "; rackcast record will not work");
  control_socket_.emplace(std::move(*socket));
}

Result<void> Daemon::open_stores() {
  pump_.start();
  if (config_->tftp) {
    ImageStoreOptions options;
    options.root = config_->tftp->root;
    options.budget_bytes = config_->tftp->cache_bytes;
    auto images = ImageStore::create(std::move(options), [this](LaneId lane, Completion completion) {
      return lanes_->post(lane, std::move(completion));
    });
    if (!images) return tl::make_unexpected(images.error());
    images_ = std::move(*images);
  }
  if (config_->dhcp) {
    auto store = SqliteLeaseStore::open(
        config_->server.state_dir + kLeasesName,
        [this](LaneId lane, const Completion& completion) { return lanes_->post(lane, completion); },
        [this](const std::string& alarm) { say(LogLevel::kError, alarm); });
    if (!store) return tl::make_unexpected(store.error());
    if (auto taken = take_over_leases(**store); !taken) return taken;
    old_leases_.reset();
    leases_ = std::move(*store);
  }
  return {};
}

Result<void> Daemon::open_uploads() {
  if (!config_->tftp || config_->tftp->upload.dir.empty()) return {};
  auto directory = DropDirectory::open(config_->tftp->upload.dir, config_->tftp->upload.total_bytes_max);
  if (!directory) return tl::make_unexpected(directory.error());
  uploads_ = std::make_unique<UploadStore>(
      std::move(*directory),
      [this](LaneId lane, const Completion& completion) { return lanes_->post(lane, completion); },
      [this](const std::string& alarm) { say(LogLevel::kWarning, alarm); });
  return {};
}

Result<void> Daemon::start_lanes() {
  LaneServices services{.config = config_, .pump = pump_};
  if (config_->tftp) {
    const std::string& path = config_->tftp->map_file;
    MapFile map = read_map_file(path);
    for (const Problem& problem : map.problems)
      say(problem.severity == Severity::kError ? LogLevel::kError : LogLevel::kWarning, problem_line(path, problem));
    if (!map.usable())
      return fail("the map file " + path + " cannot be used; see the lines above, or rackcast check-config");
    services.name_map = std::move(map.text);
  }
  services.images = images_.get();
  services.leases = leases_.get();
  services.uploads = uploads_.get();
  if (leases_ != nullptr)
    services.read_leases = [this](const std::function<void(const Lease&)>& visit) { return leases_->load(visit); };
  if (probe_sockets_) {
    auto prober = io::AddressProber::start(
        std::move(*probe_sockets_),
        [this](LaneId lane, const AddressProbed& probed) { return lanes_->post(lane, probed); });
    if (!prober) return tl::make_unexpected(prober.error());
    prober_ = std::move(*prober);
    services.on_probe = [this](LaneId lane, const ProbeAddress& probe) { return prober_->submit(lane, probe); };
  }
  services.on_machine = [this](const Machine& machine) { machine_feed_.offer(machine); };
  services.on_fallback = [this](const std::string& reason) { say(LogLevel::kWarning, reason); };
  if (auto started = lanes_->start(std::move(services)); !started) return started;
  if (leases_ != nullptr) leases_->start();  // what the DHCP lane has promised by now waits in its queue
  return {};
}

Result<void> Daemon::start_streams() {
  if (!stream_sockets_) return {};
  io::StreamHooks hooks;
  hooks.events = [this](unsigned) -> EventSink& { return *pump_.add_queue(); };
  if (images_ != nullptr) hooks.images = [this](const FileIdentity& identity) { return images_->find(identity); };
  hooks.board = [this](const engine::HttpRequest& request) { return answer_board(request); };
  auto started = io::StreamServer::start(*config_, std::move(*stream_sockets_), std::move(hooks));
  if (!started) return tl::make_unexpected(started.error());
  streams_ = std::move(*started);
  served_by_.store(streams_.get());
  return {};
}

Result<void> Daemon::start_control() {
  if (!control_socket_) return {};
  std::vector<RecordedLane> lanes;
  for (std::size_t i = 0; i < lanes_->size(); ++i)
    lanes.push_back({LaneId{static_cast<std::uint16_t>(i)}, &lanes_->port(i)});
  std::vector<RecordedInterface> interfaces;
  for (const io::InterfaceFacts& facts : lanes_->interfaces()) interfaces.push_back(recorded(facts));
  recorder_ = std::make_unique<Recorder>(std::move(lanes), std::move(interfaces));
  return recorder_->open(std::move(*control_socket_), geteuid());
}

std::vector<Measure> Daemon::measures() const {
  std::vector<Measure> all = measures_of(lanes_.get(), images_.get(), leases_.get(), uploads_.get(), served_by_.load());
  const EventPumpStats pump = pump_.stats();
  all.push_back(
      {"events_delivered_total", "events shown to log and board", static_cast<double>(pump.delivered), {}, true});
  all.push_back({"events_dropped_total", "events lost on full queues", static_cast<double>(pump.dropped), {}, true});
  all.push_back({"log_lines_suppressed_total",
                 "log lines beyond their kind's budget",
                 static_cast<double>(event_log_.suppressed()),
                 {},
                 true});
  all.push_back({"board_records_refused_total",
                 "machine records that found the board's queue full",
                 static_cast<double>(machine_feed_.refused()),
                 {},
                 true});
  return all;
}

engine::HttpResponse Daemon::answer_board(const engine::HttpRequest& request) const {
  ApiAnswer answer = board_api_.handle(request.method, request.target, wall_now());
  engine::HttpResponse response = engine::text_response(answer.status, std::move(answer.body), answer.content_type);
  response.head_only = request.method == "HEAD";
  return response;
}

DaemonStatus Daemon::status(std::string word) const {
  DaemonStatus status{.status = std::move(word), .version = RACKCAST_VERSION, .lanes = {}};
  const auto& cores = config_->server.cores;
  for (std::size_t i = 0; i < lanes_->size(); ++i) {
    LaneStatus lane{.lane = static_cast<unsigned>(i), .core = std::nullopt, .backend = lanes_->report(i).backend};
    if (!cores.empty()) lane.core = cores[i];
    status.lanes.push_back(lane);
  }
  return status;
}

void Daemon::serve_until_stopped() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    reload();
  }
  stop();
}

// Validate, then swap: a broken file changes nothing.
void Daemon::reload() {
  sd_notify(0, "RELOADING=1");
  const std::string file = options_.from_old_files() ? "the old files" : options_.config_file;
  const std::shared_ptr<const Config> loaded = reread();
  const Result<void> swapped =
      loaded != nullptr ? put_in_force(*with_flags(*loaded, options_)) : Result<void>(fail("mend " + file));
  if (!swapped) say(LogLevel::kError, "reload refused, the running configuration stays: " + swapped.error().message);
  sd_notify(0, "READY=1");
}

// The file again, its problems in the log; null when it cannot be used.
std::shared_ptr<const Config> Daemon::reread() {
  if (options_.from_old_files()) {
    OldConfiguration old = load_old_files(options_);
    for (const std::string& line : old.lines) say(old.config != nullptr ? LogLevel::kWarning : LogLevel::kError, line);
    return old.config;
  }
  const ConfigOutcome outcome = load_config(options_.config_file);
  for (const Problem& problem : outcome.problems) {
    say(problem.severity == Severity::kError ? LogLevel::kError : LogLevel::kWarning,
        problem_line(options_.config_file, problem));
  }
  return outcome.config;
}

Result<void> Daemon::put_in_force(const Config& loaded) {
  const ReloadPlan plan = reload_plan(*config_, loaded);
  const auto next = std::make_shared<const Config>(in_force(*config_, loaded));
  if (const auto clashes = config_detail::served_uploads(*next); !clashes.empty())
    return fail("[tftp].upload_dir, which waits for a restart: " + clashes.front());
  if (auto fits = lanes_->check(*next); !fits) return fits;
  if (images_ != nullptr) {
    if (auto reopened = images_->reopen_root(); !reopened) return reopened;
  }
  if (streams_ != nullptr) {
    if (auto swapped = streams_->reconfigure(*next); !swapped) return swapped;
  }
  if (auto reached = lanes_->reconfigure(next); !reached) say(LogLevel::kError, reached.error().message);
  board_.set_boot_files(boot_files_of(*next));
  event_log_.set_level(log_level(next->log.level));
  log_sink_.set_syslog(next->log.syslog);
  config_ = next;
  say_notices();
  if (!plan.restart.empty()) say(LogLevel::kWarning, "these changes wait for a restart: " + joined(plan.restart));
  say(LogLevel::kInfo,
      plan.live.empty() ? "reloaded, nothing changed at once" : "reloaded, in force now: " + joined(plan.live));
  return {};
}

void Daemon::stop() {
  if (std::exchange(stopped_, true)) return;
  sd_notify(0, "STOPPING=1");
  recorder_.reset();
  // Both paths stop accepting before either is waited for.
  if (streams_ != nullptr) streams_->begin_stop(kStreamStopGrace);
  if (lanes_ != nullptr) {
    board_api_.set_status(status("stopping"));
    lanes_->stop();
  }
  served_by_.store(nullptr);
  if (streams_ != nullptr) streams_->stop(kStreamStopGrace);
  // Answers of the stores go to the lanes' ports: the stores end first, the ports with `lanes_` afterwards.
  leases_.reset();
  prober_.reset();
  images_.reset();
  uploads_.reset();
  pump_.stop();
}

}  // namespace rackcast
