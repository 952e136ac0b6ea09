#include "tools/rackcastd/recorder.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace rackcast {

namespace {

using Json = nlohmann::ordered_json;

// Client text may be any bytes.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const char* word_of(RecordEnd end) {
  switch (end) {
    case RecordEnd::kStopped:
      return "stopped";
    case RecordEnd::kDuration:
      return "seconds";
    case RecordEnd::kBytes:
      return "bytes";
    case RecordEnd::kFailed:
      break;
  }
  return "failed";
}

// The number under `key`, within [1, most]; `preset` when it is absent.
Result<std::int64_t> number_of(const Json& json, const char* key, std::int64_t preset, std::int64_t least,
                               std::int64_t most) {
  const auto found = json.find(key);
  if (found == json.end()) return preset;
  const bool fits = found->is_number_integer() && found->get<std::int64_t>() >= least &&
                    found->get<std::int64_t>() <= most &&
                    (!found->is_number_unsigned() || found->get<std::uint64_t>() <= static_cast<std::uint64_t>(most));
  if (fits) return found->get<std::int64_t>();
  return fail(std::string(key) + " must be a whole number from " + std::to_string(least) + " to " +
              std::to_string(most));
}

}  // namespace

Result<RecordRequest> parse_record_request(const std::string& line, std::size_t lanes) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return fail("the request is not a JSON object");
  const auto command = json.find("command");
  if (command == json.end() || !command->is_string()) return fail("the request names no command");
  if (*command != "record") return fail("unknown command \"" + command->get<std::string>() + "\"; known: record");
  RecordRequest request;
  const auto seconds = number_of(json, "seconds", request.limits.duration.count(), 1, kRecordSecondsMax);
  if (!seconds) return tl::make_unexpected(seconds.error());
  request.limits.duration = std::chrono::seconds(*seconds);
  const auto bytes = number_of(json, "bytes", static_cast<std::int64_t>(request.limits.bytes), 1, kRecordBytesMax);
  if (!bytes) return tl::make_unexpected(bytes.error());
  request.limits.bytes = static_cast<std::uint64_t>(*bytes);
  if (json.contains("lane")) {
    const auto lane = number_of(json, "lane", 0, 0, static_cast<std::int64_t>(lanes) - 1);
    if (!lane) return tl::make_unexpected(lane.error());
    request.lane = static_cast<std::size_t>(*lane);
  }
  return request;
}

std::string record_answer(const RecordReport& report) {
  Json json{{"ok", report.end != RecordEnd::kFailed}};
  if (report.end == RecordEnd::kFailed) json["error"] = report.error;
  json["end"] = word_of(report.end);
  json["received"] = report.received;
  json["sent"] = report.sent;
  json["bytes"] = report.bytes;
  json["dropped"] = report.dropped;
  json["unwritable"] = report.unwritable;
  json["truncated"] = report.truncated;
  return dump(json);
}

Recorder::Recorder(std::vector<RecordedLane> lanes, std::vector<RecordedInterface> interfaces)
    : lanes_(std::move(lanes)), interfaces_(std::move(interfaces)) {}

Recorder::~Recorder() {
  std::unique_ptr<Recording> last;
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
    last = std::move(recording_);
  }
  last.reset();     // answers
  server_.reset();  // delivers
}

Result<void> Recorder::open(io::ControlSocket socket, uid_t user) {
  const std::scoped_lock lock(mutex_);  // a request that comes at once finds server_ set
  auto server = io::ControlServer::start(std::move(socket), user, *this);
  if (!server) return tl::make_unexpected(server.error());
  server_ = std::move(*server);
  return {};
}

std::optional<std::string> Recorder::on_request(io::ControlRequest request) {
  if (auto begun = begin(request); !begun) return refusal(begun.error().message);
  return std::nullopt;
}

Result<void> Recorder::begin(io::ControlRequest& request) {
  auto wanted = parse_record_request(request.line, lanes_.size());
  if (!wanted) return tl::make_unexpected(wanted.error());
  if (!request.attached) return fail("no output came along with the request");
  auto output = RecordOutput::take(std::move(request.attached));
  if (!output) return tl::make_unexpected(output.error());

  const std::scoped_lock lock(mutex_);
  if (closing_) return fail("rackcastd is stopping");
  if (recording_ != nullptr && !recording_->ended())
    return fail("a recording is running already; wait for its end, or stop it with Ctrl-C where it was started");
  RecordingSetup setup{.lanes = {}, .interfaces = interfaces_, .limits = wanted->limits};
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane)
    if (!wanted->lane || *wanted->lane == lane) setup.lanes.push_back(lanes_[lane]);
  asked_by_ = request.from;
  recording_.reset();  // the last one has ended
  recording_ = Recording::start(std::move(setup), std::move(*output), [this, to = request.from](const RecordReport& r) {
    server_->answer(to, record_answer(r));
  });
  return {};
}

void Recorder::on_hang_up(io::ControlConnectionId from) {
  const std::scoped_lock lock(mutex_);
  if (recording_ != nullptr && from == asked_by_) recording_->stop();
}

std::string Recorder::refusal(const std::string& sentence) {
  return dump(Json{{"ok", false}, {"error", sentence}});
}

}  // namespace rackcast
