// What rules cost one client: a configuration as people write it (about 50 statements: options, an architecture table,
// classes by vendor, expressions) applied to a UEFI machine's DISCOVER, and its parts alone. No allocation, one thread.
//   build/release/bench/policy_bench --benchmark_repetitions=9 --benchmark_report_aggregates_only
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/policy/parse_rules.h"
#include "proto/dhcp/options.h"

namespace rackcast {
namespace {

constexpr std::string_view kUsual = R"(
option arch code 93 = unsigned integer 16;
option space ipxe;
option ipxe-encap-opts code 175 = encapsulate ipxe;
option ipxe.no-pxedhcp code 176 = unsigned integer 8;
option subnet-mask 255.255.255.0; option routers 10.0.0.1; option broadcast-address 10.0.0.255;
option domain-name "lab.example.org"; option domain-name-servers 10.0.0.1, 10.0.0.2;
option domain-search "lab.example.org", "example.org"; option ntp-servers 10.0.0.3; option time-offset 3600;
option interface-mtu 1500; option root-path "nfs:10.0.0.1:/srv"; option ipxe.no-pxedhcp 1;
default-lease-time 600; max-lease-time 7200; min-lease-time 300; authoritative; allow booting; allow bootp;
next-server 10.0.0.1; server-name "boot.example.org"; one-lease-per-client true; use-host-decl-names on;
get-lease-hostnames off; ping-check off; always-broadcast off; min-secs 0; stash-agent-options on;
if substring (option vendor-class-identifier, 0, 9) = "PXEClient" {
  option vendor-class-identifier "PXEClient";
  option vendor-encapsulated-options 06:01:08:ff;
  if exists user-class and option user-class = "iPXE" { filename "http://10.0.0.1/boot.ipxe"; }
  elsif option arch = 00:00 { filename "pxelinux.0"; }
  elsif option arch = 00:06 { filename "ia32.efi"; }
  elsif option arch = 00:09 { filename "bc.efi"; }
  elsif option arch = 00:0b { filename "shimaa64.efi"; }
  elsif option arch = 00:07 { filename "shimx64.efi"; }
  else { filename "undionly.kpxe"; }
} elsif substring (option vendor-class-identifier, 0, 10) = "HTTPClient" {
  option vendor-class-identifier "HTTPClient";
  filename "http://10.0.0.1/shimx64.efi";
}
if known { option domain-name "known.example.org"; } else { option domain-name "guest.example.org"; }
if substring (hardware, 1, 3) = 52:54:00 { option log-servers 10.0.0.9; }
if exists agent.circuit-id { option merit-dump "port"; }
switch (option arch) { case 00:00: option boot-size 10; break; default: option boot-size 20; }
)";

class Client {
 public:
  Client() {
    packet_.assign(dhcp4::kOptionsOffset, std::byte{0});
    packet_[0] = packet_[1] = std::byte{1};
    packet_[2] = std::byte{6};
    packet_[28] = std::byte{0x52};
    packet_[29] = std::byte{0x54};
    std::copy(dhcp4::kCookie.begin(), dhcp4::kCookie.end(), packet_.begin() + dhcp4::kVendorOffset);
    add(53, std::string("\x01", 1));
    add(60, "PXEClient:Arch:00007:UNDI:003016");
    add(93, std::string("\x00\x07", 2));
    add(82, std::string("\x01\x06slot-3", 8));
    packet_.push_back(std::byte{255});
    message_ = *dhcp4::parse_message(packet_);
    options_ = std::make_unique<dhcp4::Options>(message_, scratch_);
    facts_.packet = packet_;
    facts_.message = &message_;
    facts_.options = options_.get();
    facts_.known = true;
  }
  [[nodiscard]] const ClientFacts& facts() const { return facts_; }

 private:
  void add(std::uint8_t code, const std::string& value) {
    packet_.push_back(static_cast<std::byte>(code));
    packet_.push_back(static_cast<std::byte>(value.size()));
    for (const char c : value) packet_.push_back(static_cast<std::byte>(c));
  }

  std::vector<std::byte> packet_;
  std::array<std::byte, 1'024> scratch_{};
  dhcp4::Message message_;
  std::unique_ptr<dhcp4::Options> options_;
  ClientFacts facts_;
};

class Parsed {
 public:
  explicit Parsed(std::string_view text) {
    context_.catalog = &catalog_;
    context_.definitions_allowed = true;
    context_.variables = &variables_;
    rules_ = parse_rules(text, context_, problems_);
    if (!problems_.empty()) std::abort();
  }
  [[nodiscard]] const Rules& rules() const { return rules_; }

 private:
  OptionCatalog catalog_;
  std::vector<std::string> variables_;
  std::vector<RuleProblem> problems_;
  RuleParseContext context_;
  Rules rules_;
};

void apply(benchmark::State& state, std::string_view text) {
  const Parsed parsed(text);
  const Client client;
  const auto outcome = std::make_unique<Outcome>();
  for (auto _ : state) {
    outcome->clear();
    benchmark::DoNotOptimize(parsed.rules().apply(client.facts(), *outcome));
  }
  state.counters["steps"] = static_cast<double>(outcome->steps);
  state.counters["options"] = static_cast<double>(outcome->options().size());
}

void UsualRules(benchmark::State& state) {
  apply(state, kUsual);
}
BENCHMARK(UsualRules);

void ClearAlone(benchmark::State& state) {
  apply(state, "");
}
BENCHMARK(ClearAlone);

void OneComparison(benchmark::State& state) {
  apply(state, "if option pxe-system-type = 00:06 { filename \"a\"; }");
}
BENCHMARK(OneComparison);

void OneRegularExpression(benchmark::State& state) {
  apply(state, "if option vendor-class-identifier ~= \"^PXEClient:Arch:0000[679]:\" { filename \"a\"; }");
}
BENCHMARK(OneRegularExpression);

void HostNameFromHardware(benchmark::State& state) {
  apply(state,
        "option host-name = concat (\"pc-\", binary-to-ascii (16, 8, \"-\", substring (hardware, 1, 6)), \".lab\");");
}
BENCHMARK(HostNameFromHardware);

// A thousand host entries' worth of rules read: what a reload costs.
void ParseHosts(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < 1'000; ++i)
    text += "filename \"pc" + std::to_string(i) + ".cfg\"; option host-name \"pc" + std::to_string(i) +
            "\"; next-server 10.0.0.1;\n";
  for (auto _ : state) {
    const Parsed parsed(text);
    benchmark::DoNotOptimize(parsed.rules().block());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 1'000);
}
BENCHMARK(ParseHosts)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rackcast
