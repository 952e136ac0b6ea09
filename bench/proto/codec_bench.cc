// Codec nanoseconds per packet: what parsing and writing cost before anything is decided. One packet per iteration.
//   build/release/bench/codec_bench --benchmark_repetitions=9 --benchmark_report_aggregates_only
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "proto/dhcp/message.h"
#include "proto/dhcp/message_writer.h"
#include "proto/dhcp/options.h"
#include "proto/tftp/encode.h"
#include "proto/tftp/packet.h"

namespace {

using namespace rackcast;

// A firmware-like DISCOVER: what EDK2 sends, in size and options.
std::vector<std::byte> discover() {
  dhcp4::Header header;
  header.xid = dhcp4::Xid{0x1234'5678};
  header.broadcast = true;
  header.set_mac({{0x52, 0x54, 0, 0x12, 0x34, 0x56}});
  std::vector<std::byte> out(1'472);
  dhcp4::MessageWriter writer(out, header, {});
  constexpr std::array<std::uint8_t, 24> kAsked = {1,  2,  3,  4,  5,  6,  12, 13, 15, 17, 18, 22,
                                                   23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 66, 67};
  constexpr std::array<std::uint8_t, 17> kMachineId = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  writer.put_u8(dhcp4::OptionCode::kMessageType, 1);
  writer.put_u16(dhcp4::OptionCode{57}, 1'472);
  writer.put(dhcp4::OptionCode{55}, std::as_bytes(std::span(kAsked)));
  writer.put(dhcp4::OptionCode{97}, std::as_bytes(std::span(kMachineId)));
  writer.put_u16(dhcp4::OptionCode{93}, 7);
  writer.put_text(dhcp4::OptionCode{60}, "PXEClient:Arch:00007:UNDI:003001");
  out.resize(writer.finish().size());
  return out;
}

void DhcpParseDiscover(benchmark::State& state) {
  const auto datagram = discover();
  std::array<std::byte, 1'472> scratch;
  for (auto _ : state) {
    const auto message = dhcp4::parse_message(datagram);
    const dhcp4::Options options(*message, scratch);
    benchmark::DoNotOptimize(options.message_type());
    benchmark::DoNotOptimize(options.client_arch());
    benchmark::DoNotOptimize(options.machine_id());
  }
}
BENCHMARK(DhcpParseDiscover);

void DhcpWriteOffer(benchmark::State& state) {
  const auto datagram = discover();
  const auto message = dhcp4::parse_message(datagram);
  std::array<std::byte, 1'472> out;
  const std::array<net::Ipv4Address, 1> router = {net::Ipv4Address(192, 168, 1, 254)};
  for (auto _ : state) {
    dhcp4::Header header = dhcp4::reply_header(message->header);
    header.yiaddr = net::Ipv4Address(192, 168, 1, 17);
    dhcp4::MessageWriter writer(out, header, {});
    writer.put_u8(dhcp4::OptionCode::kMessageType, 2);
    writer.put_address(dhcp4::OptionCode{54}, net::Ipv4Address(192, 168, 1, 1));
    writer.put_u32(dhcp4::OptionCode{51}, 21'600);
    writer.put_address(dhcp4::OptionCode{1}, net::Ipv4Address(255, 255, 255, 0));
    writer.put_addresses(dhcp4::OptionCode{3}, router);
    writer.put_addresses(dhcp4::OptionCode{6}, router);
    writer.put_text(dhcp4::OptionCode{66}, "192.168.1.1");
    writer.put_text(dhcp4::OptionCode{67}, "pxelinux.0");
    benchmark::DoNotOptimize(writer.set_file("pxelinux.0"));
    benchmark::DoNotOptimize(writer.finish().data());
  }
}
BENCHMARK(DhcpWriteOffer);

void TftpParseRequest(benchmark::State& state) {
  tftp::Request request;
  request.filename = "pxelinux.cfg/01-52-54-00-12-34-56";
  request.options.tsize = 0;
  request.options.blksize = 1'408;
  std::array<std::byte, 512> out;
  const auto datagram = tftp::encode_request(out, request);
  for (auto _ : state) benchmark::DoNotOptimize(tftp::parse(datagram));
}
BENCHMARK(TftpParseRequest);

void TftpParseAck(benchmark::State& state) {
  std::array<std::byte, 4> out;
  const auto datagram = tftp::encode_ack(out, tftp::BlockNumber{7});
  for (auto _ : state) benchmark::DoNotOptimize(tftp::parse_ack(datagram));
}
BENCHMARK(TftpParseAck);

void TftpDataHeader(benchmark::State& state) {
  std::array<std::byte, 4> out;
  std::uint16_t block = 0;
  for (auto _ : state) benchmark::DoNotOptimize(tftp::encode_data_header(out, tftp::BlockNumber{++block}).data());
}
BENCHMARK(TftpDataHeader);

}  // namespace
