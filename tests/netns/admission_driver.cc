// Plays a schedule of connects and ends to a SourceLimiter under policy xinetd and prints its verdicts, for
// tests/netns/xinetd_test, which plays the same schedule to the real xinetd. Lines on standard input:
//
//   instances N | per_source N | cps RATE WAIT | only_from PREFIX... | no_access PREFIX... | access_times FIRST-LAST...
//   connect WALL_NS ID SOURCE      (times never go back; access_times in minutes of the day)
//   end WALL_NS ID
//
// Lines on standard output: "ID admitted" or "ID refused WORD" for each connect, at last "deactivations N". Every
// connect is a connection here, as it is for xinetd: the ten idle seconds of core/admission are ours.
#include <cstdio>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "core/admission/source_limiter.h"

namespace {

using namespace rackcast;

[[noreturn]] void give_up(const std::string& line) {
  std::fprintf(stderr, "admission_driver: cannot read: %s\n", line.c_str());
  std::exit(2);
}

class Driver {
 public:
  Driver() : limiter_({&totals_, 4'096, 1, nullptr, Duration::zero()}) { config_.policy = AdmissionPolicy::kXinetd; }

  void play(const std::string& line) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    const bool ok = what == "connect" ? connect(words) : what == "end" ? end(words) : set(what, words);
    if (!ok) give_up(line);
  }
  void finish() const {
    std::printf("deactivations %llu\n", static_cast<unsigned long long>(limiter_.counters().deactivations));
  }

 private:
  static Now at(std::int64_t wall_ns) {
    const Duration since(wall_ns);
    return {MonotonicTime(since), WallTime(since)};
  }

  bool connect(std::istringstream& words) {
    std::int64_t wall_ns = 0;
    int id = 0;
    std::string text;
    words >> wall_ns >> id >> text;
    const auto source = net::IpAddress::parse(text);
    if (words.fail() || !source) return false;
    const AdmissionVerdict verdict = limiter_.ask(at(wall_ns), *source, config_);
    if (verdict.kind == AdmissionVerdict::Kind::kAdmitted) {
      running_[id] = *source;
      std::printf("%d admitted\n", id);
    } else {
      std::printf("%d refused %s\n", id, std::string(describe(verdict.reason).word).c_str());
    }
    return true;
  }

  bool end(std::istringstream& words) {
    std::int64_t wall_ns = 0;
    int id = 0;
    words >> wall_ns >> id;
    const auto found = running_.find(id);
    if (found != running_.end()) {
      limiter_.release(at(wall_ns), found->second);
      running_.erase(found);
    }
    return !words.fail();
  }

  bool set(const std::string& what, std::istringstream& words) {
    std::uint32_t number = 0;
    if (what == "instances" && words >> number) {
      config_.instances = number;
    } else if (what == "per_source" && words >> number) {
      config_.per_source = number;
    } else if (what == "cps" && words >> number) {
      Cps cps{number, 0};
      words >> cps.wait_seconds;
      config_.cps = cps;
      return !words.fail();
    } else if (what == "only_from") {
      config_.only_from.emplace();
      return prefixes(words, *config_.only_from);
    } else if (what == "no_access") {
      return prefixes(words, config_.no_access);
    } else if (what == "access_times") {
      return spans(words);
    } else {
      return false;
    }
    return true;
  }

  static bool prefixes(std::istringstream& words, std::vector<net::IpPrefix>& list) {
    for (std::string text; words >> text;) {
      const auto prefix = net::IpPrefix::parse(text);
      if (!prefix) return false;
      list.push_back(*prefix);
    }
    return true;
  }

  bool spans(std::istringstream& words) {
    for (std::string text; words >> text;) {
      unsigned first = 0;
      unsigned last = 0;
      if (std::sscanf(text.c_str(), "%u-%u", &first, &last) != 2) return false;
      config_.access_times.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)});
    }
    return true;
  }

  ServiceTotals totals_;
  AdmissionConfig config_;
  SourceLimiter limiter_;
  std::map<int, net::IpAddress> running_;
};

}  // namespace

int main() {
  Driver driver;
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty()) driver.play(line);
  driver.finish();
  return 0;
}
