using System;
using System.Collections;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>environ(7).</summary>
public static class ProcessEnvironment
{
    /// <summary>punnet's own environment, for a program of the host.</summary>
    public static ArgumentBlock Own()
    {
        List<CString> texts = [];
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            texts.Add(CString.Of((string)entry.Key + "=" + (string?)entry.Value));
        }

        return ArgumentBlock.Of(texts);
    }
}
