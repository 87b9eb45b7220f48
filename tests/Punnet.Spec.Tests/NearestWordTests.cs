using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>Which word a misspelt one is taken for.</summary>
public sealed class NearestWordTests
{
    private static readonly string[] s_known = ["bundle", "config", "CAP_SYS_ADMIN", "network", "net_cls", "pid"];

    [Theory]
    [InlineData("bundel", "bundle")] // exchanged
    [InlineData("budle", "bundle")] // missing
    [InlineData("bunddle", "bundle")] // surplus
    [InlineData("bindle", "bundle")] // wrong
    [InlineData("Bundle", "bundle")]
    [InlineData("bund", "bundle")]
    [InlineData("sys_admin", "CAP_SYS_ADMIN")]
    [InlineData("netw", "network")]
    [InlineData("pi", "pid")]
    [InlineData("p", null)]
    [InlineData("xyz", null)]
    [InlineData("bxnxlx", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("a_word_of_more_than_fifty_letters_that_is_like_none_of_them", null)]
    public void The_nearest_word_is_at_most_two_letters_away_or_begins_or_ends_so(string? word, string? nearest) =>
        Assert.Equal(nearest, NearestWord.Of(word, s_known));

    [Fact]
    public void The_nearest_of_several_is_taken() => Assert.Equal("ab_cde", NearestWord.Of("ab_cdd", ["ab_ccc", "ab_cde", "ab_xdd"]));
}
