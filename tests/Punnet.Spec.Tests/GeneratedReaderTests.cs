using System.Text;
using System.Text.Json;
using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>ConfigReader and the generated reader understand a document in the same way.</summary>
public sealed class GeneratedReaderTests
{
    // Of a run's 3,000 damaged documents: fewer would mean that one of the readers has become stricter.
    private const int FewestAccepted = 200;

    [Theory]
    [InlineData("everything")]
    [InlineData("docker")]
    [InlineData("podman")]
    public void A_config_is_read_as_the_generated_reader_reads_it(string name)
    {
        byte[] document = Documents.Case(name);

        Assert.Equal(Structure.Of(GeneratedReader.Read(document)), Structure.Of(ConfigReader.ReadConfig(document)));
    }

    [Theory]
    [InlineData("everything")]
    [InlineData("docker")]
    [InlineData("podman")]
    public void The_generated_reader_reads_what_was_written(string name)
    {
        Config config = ConfigReader.ReadConfig(Documents.Case(name));

        Assert.Equal(Structure.Of(config), Structure.Of(GeneratedReader.Read(ConfigWriter.Write(config))));
    }

    [Theory]
    [InlineData("everything", 1)]
    [InlineData("everything", 2)]
    [InlineData("docker", 7)]
    [InlineData("podman", 3)]
    public void A_damaged_config_that_both_accept_means_the_same_to_both(string name, int seed)
    {
        int accepted = 0;
        foreach (byte[] document in MutationTests.Mutants(Documents.Case(name), seed))
        {
            Config ours, generated;
            try
            {
                ours = ConfigReader.ReadConfig(document);
                generated = GeneratedReader.Read(document);
            }
            catch (SpecException)
            {
                continue;
            }
            catch (JsonException)
            {
                continue;
            }

            accepted++;
            Assert.True(Structure.Of(generated) == Structure.Of(ours), Encoding.UTF8.GetString(document));
        }

        Assert.InRange(accepted, FewestAccepted, int.MaxValue);
    }
}
