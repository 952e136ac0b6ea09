#include "tools/rackcast/record.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <ostream>

#include "core/config/parse.h"
#include "core/errno_text.h"
#include "core/human_bytes.h"
#include "io_backends/control/control_client.h"
#include "io_backends/control/control_socket.h"

namespace rackcast {
namespace {

using Json = nlohmann::json;

// After a hang-up: the daemon's writer and a slow disk.
constexpr int kAnswerWaitMs = 10'000;

struct Output {
  FileDescriptor descriptor;
  bool made = false;  // by us: taken away again when nothing comes of it
};

Result<Output> open_output(const std::string& path) {
  Output output;
  if (path == "-") {
    if (::isatty(STDOUT_FILENO) == 1)
      return fail("a recording is no text for a terminal; write -o FILE, or pipe it: -o - | tcpdump -r -");
    output.descriptor = FileDescriptor(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  } else {
    output.descriptor = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    output.made = output.descriptor.valid();
    if (!output.made && errno == EEXIST)
      output.descriptor = FileDescriptor(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  }
  if (!output.descriptor) return fail("cannot write " + path + ": " + errno_text(errno));
  return output;
}

std::string request_of(const RecordOptions& options) {
  Json json{{"command", "record"}, {"seconds", options.seconds}, {"bytes", options.megabytes << 20U}};
  if (options.lane) json["lane"] = *options.lane;
  return json.dump();
}

// Waits for the answer; hangs up when `stop` says so.
Result<std::string> wait_for_answer(io::ControlClient& client, int stop) {
  for (bool stopping = false;;) {
    std::array<pollfd, 2> ready{pollfd{client.descriptor(), POLLIN, 0}, pollfd{stopping ? -1 : stop, POLLIN, 0}};
    const int count = ::poll(ready.data(), ready.size(), stopping ? kAnswerWaitMs : -1);
    if (count == 0) return fail("rackcastd does not end the recording; what is in the file so far is good");
    if (ready[0].revents != 0) {
      auto answer = client.read_answer();
      if (!answer) return tl::make_unexpected(answer.error());
      if (*answer) return std::move(**answer);
    }
    if (ready[1].revents != 0) {
      stopping = true;
      client.hang_up();
    }
  }
}

// True when it is not empty any more, or not ours to judge.
bool something_came(const Output& output) {
  return !output.made || ::lseek(output.descriptor.get(), 0, SEEK_END) != 0;
}

Result<std::string> record_to(const RecordOptions& options, int stop) {
  const auto path = control_socket_of(options);
  if (!path) return tl::make_unexpected(path.error());
  auto client = io::ControlClient::connect(*path);
  if (!client) return tl::make_unexpected(client.error());
  auto output = open_output(options.output);
  if (!output) return tl::make_unexpected(output.error());
  auto asked = client->ask(request_of(options), output->descriptor.get());
  auto answer = asked ? wait_for_answer(*client, stop) : Result<std::string>(tl::make_unexpected(asked.error()));
  auto summary = answer ? record_summary(*answer, options.output) : answer;
  if (!summary && !something_came(*output)) ::unlink(options.output.c_str());
  return summary;
}

const char* reason_of(const std::string& end) {
  if (end == "seconds") return "its time was over";
  if (end == "bytes") return "its megabytes were full";
  return "stopped";
}

}  // namespace

Result<std::string> control_socket_of(const RecordOptions& options) {
  if (!options.socket.empty()) return options.socket;
  if (options.config.empty()) return io::control_path(ServerConfig{}.state_dir);
  const ConfigOutcome outcome = load_config(options.config);
  if (outcome.config == nullptr)
    return fail(options.config + " cannot be used: run rackcast check-config " + options.config);
  return io::control_path(outcome.config->server.state_dir);
}

Result<std::string> record_summary(const std::string& answer, const std::string& output) {
  const Json json = Json::parse(answer, nullptr, false);
  try {
    const std::string file = output == "-" ? "standard output" : output;
    if (!json.at("ok").get<bool>()) {
      const auto error = json.at("error").get<std::string>();
      const std::uint64_t bytes = json.value("bytes", std::uint64_t{0});
      return fail(bytes == 0 ? error : error + " (" + human_bytes(bytes) + " are in " + file + ")");
    }
    const auto number = [&](const char* key) { return json.at(key).get<std::uint64_t>(); };
    std::string line = std::to_string(number("received")) + " datagrams in, " + std::to_string(number("sent")) +
                       " out, " + human_bytes(number("bytes")) + " in " + file + ", " +
                       std::to_string(number("dropped")) + " dropped; " + reason_of(json.at("end").get<std::string>());
    if (number("unwritable") > 0) line += "; " + std::to_string(number("unwritable")) + " could not be written";
    if (number("truncated") > 0) line += "; " + std::to_string(number("truncated")) + " are cut";
    return line;
  } catch (const Json::exception&) {
    return fail("the answer is not rackcastd's; is the socket another program's?");
  }
}

int record(const RecordOptions& options, int stop, std::ostream& out, std::ostream& err) {
  const auto summary = record_to(options, stop);
  if (!summary) {
    err << "rackcast record: " << summary.error().message << '\n';
    return 1;
  }
  (options.output == "-" ? err : out) << *summary << '\n';
  return 0;
}

int stop_descriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

}  // namespace rackcast
