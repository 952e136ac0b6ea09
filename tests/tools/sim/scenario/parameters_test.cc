#include "tools/sim/scenario/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tools/sim/scenario/catalogue.h"
#include "tools/sim/scenario/profile_shares.h"

namespace rackcast::sim {
namespace {

using testing::HasSubstr;

std::string error_of(std::string_view scenario, std::vector<NameAndValue> given) {
  const auto recipe = recipe_of(*find_scenario(scenario), given);
  return recipe ? "" : recipe.error().message;
}

TEST(Parameters, DefaultsThenWhatWasGiven) {
  const ScenarioInfo& lossy = *find_scenario("lossy_rack");
  const auto recipe = recipe_of(lossy, std::vector<NameAndValue>{{"loss", "7.5%"}, {"reorder_delay", "3"}});
  ASSERT_TRUE(recipe);
  EXPECT_EQ(recipe->loss, 7.5);
  EXPECT_EQ(recipe->duplicate, 1);
  EXPECT_EQ(recipe->reorder_delay, 3);
  EXPECT_EQ(recipe->rate, 0) << "not a parameter of this scenario: neutral";
}

TEST(Parameters, TheBoundsThemselvesAreAllowed) {
  for (const ScenarioInfo& scenario : all_scenarios())
    for (const ScenarioParameter& parameter : scenario.parameters)
      for (const double value : {parameter.min, parameter.max}) {
        const auto recipe =
            recipe_of(scenario, std::vector<NameAndValue>{{std::string(parameter.name), std::to_string(value)}});
        ASSERT_TRUE(recipe) << recipe.error().message;
        EXPECT_DOUBLE_EQ((*recipe).*parameter.sets, value);
      }
}

TEST(Parameters, WhatIsOutsideIsRefusedWithTheBounds) {
  EXPECT_EQ(error_of("lossy_rack", {{"loss", "101"}}), "lossy_rack: loss=\"101\": must be a number from 0 to 100 %");
  for (const char* value : {"-1", "", "x", "1e999", "nan", "inf", "-inf", "5 %", "5ms", "0x10", "+5", "5,", "1 2"})
    EXPECT_THAT(error_of("lossy_rack", {{"loss", value}}), HasSubstr("must be a number")) << value;
  EXPECT_THAT(error_of("boot_storm", {{"rack_size", "2.5"}}), HasSubstr("whole number from 1 to 100000"));
}

TEST(Parameters, UnknownNamesAreAnswered) {
  EXPECT_EQ(error_of("lossy_rack", {{"los", "1"}}), "lossy_rack has no parameter \"los\"; did you mean \"loss\"?");
  EXPECT_THAT(error_of("steady", {{"banana", "1"}}), HasSubstr("it takes rate rack_size"));
  EXPECT_THAT(error_of("steady", {{"loss", "1"}}), HasSubstr("steady has no parameter \"loss\""));
  EXPECT_THAT(error_of("steady", {{"rate", "1"}, {"rate", "2"}}), HasSubstr("given twice"));
  EXPECT_THAT(error_of("steady", {{std::string(5000, 'r'), "1"}}), HasSubstr("rrr...\""));
}

TEST(Parameters, SplitAtTheFirstEqualsSign) {
  EXPECT_EQ(split_parameter("loss=5"), NameAndValue("loss", "5"));
  EXPECT_EQ(split_parameter("a=b=c"), NameAndValue("a", "b=c"));
  EXPECT_EQ(split_parameter("a="), NameAndValue("a", ""));
  for (const char* text : {"", "loss", "=5", "="}) EXPECT_FALSE(split_parameter(text)) << text;
}

TEST(ProfileShares, NamesWithAndWithoutShare) {
  const std::string first(all_profiles()[0].name);
  const std::string second(all_profiles()[1].name);
  const auto shares = parse_profile_shares(first + "=2.5," + second);
  ASSERT_TRUE(shares);
  ASSERT_EQ(shares->size(), 2U);
  EXPECT_EQ((*shares)[0].profile, &all_profiles()[0]);
  EXPECT_EQ((*shares)[0].share, 2.5);
  EXPECT_EQ((*shares)[1].profile, &all_profiles()[1]);
  EXPECT_EQ((*shares)[1].share, 1);
}

TEST(ProfileShares, EveryPrefixIsAnswered) {
  const std::string whole = std::string(all_profiles()[0].name) + "=2," + std::string(all_profiles()[1].name) + "=10";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto shares = parse_profile_shares(std::string_view(whole).substr(0, size));
    EXPECT_TRUE(shares || !shares.error().message.empty());
    EXPECT_EQ(shares.has_value(), size == all_profiles()[0].name.size() || size == all_profiles()[0].name.size() + 2 ||
                                      size + 3 == whole.size() || size + 1 >= whole.size())
        << whole.substr(0, size);
  }
}

TEST(ProfileShares, RefusesWithASentence) {
  const std::string name(all_profiles()[0].name);
  const auto error = [](const std::string& text) {
    const auto shares = parse_profile_shares(text);
    return shares ? "" : shares.error().message;
  };
  EXPECT_THAT(error(name.substr(1)), HasSubstr("did you mean \"" + name + "\"?"));
  EXPECT_THAT(error("zzzzzzzzzzzzz"), HasSubstr("there are " + name));
  EXPECT_THAT(error(name + "," + name), HasSubstr("given twice"));
  for (const char* share : {"0", "-1", "nan", "inf", "", "x", "1000001", "1x"})
    EXPECT_THAT(error(name + "=" + share), HasSubstr("above 0")) << share;
}

TEST(ProfileShares, ApportionmentIsWholeAndNear) {
  const Profile* const any = &all_profiles()[0];
  for (const std::uint32_t machines : {0U, 1U, 2U, 7U, 100U, 100'000U})
    for (const auto& weights :
         std::vector<std::vector<double>>{{1}, {1, 1}, {1, 1, 1}, {0.1, 0.2, 0.7}, {1e-9, 1e6}, {3, 1, 1e-300}}) {
      std::vector<ProfileShare> shares;
      for (const double weight : weights) shares.push_back({any, weight});
      const auto counts = apportion(shares, machines);
      const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
      EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0U), machines);
      for (std::size_t i = 0; i < weights.size(); ++i)
        EXPECT_NEAR(counts[i], machines * weights[i] / sum, 1.0) << i << " of " << machines;
    }
}

}  // namespace
}  // namespace rackcast::sim
